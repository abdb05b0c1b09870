#!/usr/bin/env bash
# worker-1 is 10.240.0.21.
ip route
ip route replace 10.200.1.0/24 via 10.240.0.21
