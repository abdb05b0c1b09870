#!/bin/sh
# hardway-lab: no service is started while the lab's packages are installed; install.sh removes this file afterwards.
exit 101
