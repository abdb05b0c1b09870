#!/usr/bin/env bash
# Fills in values that depend on the node's kernel.
set -eu

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  systemd_cgroup=true
  sed -i '/writable-cgroups/d' etc/systemd/system/containerd.service
  rm opt/hardway/writable-cgroups.sh
else
  systemd_cgroup=false
fi

# CAP_SYS_RESOURCE is bit 24 of root's capabilities on this node.
bounding=$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)
if (((16#$bounding >> 24) & 1)); then
  restrict=false
else
  restrict=true
  # Without the capability, systemd cannot lower the score either.
  sed -i '/^OOMScoreAdjust=/d' etc/systemd/system/containerd.service
fi

sed -i -e "s/@SYSTEMD_CGROUP@/$systemd_cgroup/" -e "s/@RESTRICT_OOM_SCORE_ADJ@/$restrict/" etc/containerd/config.toml
