#!/usr/bin/env bash
# A node that is a container on a cgroup v1 machine finds its cgroup hierarchies mounted read-only.
set -eu
for hierarchy in /sys/fs/cgroup/*/; do
  [ -w "$hierarchy" ] || mount -o remount,bind,rw "$hierarchy"
done
