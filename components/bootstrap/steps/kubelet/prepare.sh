#!/usr/bin/env bash
# Who makes the pods' cgroups: systemd where it owns the one hierarchy of cgroup v2, else the kubelet itself.
set -eu
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then driver=systemd; else driver=cgroupfs; fi
sed -i "s/@CGROUP_DRIVER@/$driver/" var/lib/kubelet/kubelet-config.yaml
