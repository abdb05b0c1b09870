#!/usr/bin/env bash
# Fills in what depends on the kernel that the node runs on.
set -eu

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  systemd_cgroup=true
  sed -i '/writable-cgroups/d' etc/systemd/system/containerd.service
  rm opt/hardway/writable-cgroups.sh
else
  systemd_cgroup=false
fi

# CAP_SYS_RESOURCE is bit 24 of the capabilities that root has here.
bounding=$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)
if (((16#$bounding >> 24) & 1)); then
  restrict=false
else
  restrict=true
  # systemd can't lower the score either.
  sed -i '/^OOMScoreAdjust=/d' etc/systemd/system/containerd.service
fi

sed -i -e "s/@SYSTEMD_CGROUP@/$systemd_cgroup/" -e "s/@RESTRICT_OOM_SCORE_ADJ@/$restrict/" etc/containerd/config.toml
