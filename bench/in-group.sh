#!/bin/bash
# in-group.sh GROUP COMMAND…: runs COMMAND in the cgroup GROUP of every hierarchy of cgroup v1, so that the cgroups which
# COMMAND creates can be found and removed. With cgroup v2, COMMAND stays in the current cgroup, because a cgroup with
# processes can't have the child cgroups that nodes need.
set -eu

group=$1
shift
if [ -d /sys/fs/cgroup/systemd ]; then
  for hierarchy in /sys/fs/cgroup/*/; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    path=$hierarchy
    for part in ${group//\// }; do
      path=$path/$part
      mkdir -p "$path"
      for resource in cpus mems; do
        [ ! -f "$path/cpuset.$resource" ] || cat "$path/../cpuset.$resource" > "$path/cpuset.$resource"
      done
    done
    echo $$ > "$path/cgroup.procs"
  done
fi
exec "$@"
