#!/usr/bin/env bash
# Makes cgroup hierarchies writable: in a container on a cgroup v1 host they are mounted read-only.
set -eu
for hierarchy in /sys/fs/cgroup/*/; do
  [ -w "$hierarchy" ] || mount -o remount,bind,rw "$hierarchy"
done
