#!/usr/bin/env bash
# The file has the right name, the kernel has another.
cat /etc/hostname
hostname
sudo hostname worker-1
