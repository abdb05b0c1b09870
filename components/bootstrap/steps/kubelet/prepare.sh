#!/usr/bin/env bash
# Chooses the cgroup driver: systemd with cgroup v2, otherwise the kubelet itself.
set -eu
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then driver=systemd; else driver=cgroupfs; fi
sed -i "s/@CGROUP_DRIVER@/$driver/" var/lib/kubelet/kubelet-config.yaml
