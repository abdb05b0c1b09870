#!/bin/bash
# in-group.sh GROUP COMMAND…: becomes COMMAND in a cgroup of its own, GROUP in every hierarchy of cgroup v1, so that
# whatever COMMAND makes of cgroups can be found and removed. On cgroup v2 a group that holds processes can't have
# others below it, as machines need: there COMMAND stays where it is.
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
