#!/bin/bash
# Runs one machine of a lab, in the foreground: an nspawn container on an overlay of the Debian tree, in a network
# namespace and a cgroup of its own. The mounts are private to this process, so that they can't outlive it.
# Called by instance.ts as: unshare --mount machine.sh, with these variables:
#   NAME       host name                 DIRECTORY  the machine's own disk: upper/, work/, containerd/
#   NAMESPACE  its network namespace     TREE       the Debian tree, never written to
#   GROUP      its cgroup's path         STORE      the programs that nodes run, read-only at /opt/artifacts
set -eu

# One group in every hierarchy, so that the machine sees itself as the root of each and can be bounded as a whole.
# Where systemd started this with Delegate=yes (cgroup v2), the unit's group is that already.
if [ -d /sys/fs/cgroup/systemd ]; then
  for hierarchy in /sys/fs/cgroup/*/; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    path=$hierarchy
    for part in ${GROUP//\// }; do
      path=$path/$part
      mkdir -p "$path"
      for resource in cpus mems; do
        [ ! -f "$path/cpuset.$resource" ] || cat "$path/../cpuset.$resource" > "$path/cpuset.$resource"
      done
    done
    echo $$ > "$path/cgroup.procs"
  done
elif ! grep -q "/hardway-" /proc/self/cgroup; then
  mkdir -p "/sys/fs/cgroup/$GROUP"
  echo $$ > "/sys/fs/cgroup/$GROUP/cgroup.procs"
fi

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$DIRECTORY/upper,workdir=$DIRECTORY/work" "$DIRECTORY/root"

# kubelet insists on these kernel settings and they are the whole machine's: each node gets files in their place.
# nspawn resolves what is bound into /proc from inside the machine, so the files are on its disk.
settings=()
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1; do
  file=/var/lib/hardway/settings/${setting%=*}
  mkdir -p "$DIRECTORY/root${file%/*}"
  echo "${setting#*=}" > "$DIRECTORY/root$file"
  settings+=("--bind=$file:/proc/sys/${setting%=*}")
done

export SYSTEMD_NSPAWN_LOCK=0
# Inside, /proc/sys/net can be written (it is the namespace's own), the rest of /proc/sys can't.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network

# Without CAP_SYS_BOOT a reboot inside ends the container: start it again, as a machine would come back.
while true; do
  systemd-nspawn --quiet --register=no --keep-unit --boot \
    --directory="$DIRECTORY/root" --hostname="$NAME" --network-namespace-path="/run/netns/$NAMESPACE" \
    --capability=all --drop-capability=CAP_SYS_MODULE,CAP_SYS_RAWIO,CAP_SYS_BOOT,CAP_SYS_TIME \
    --system-call-filter="add_key keyctl bpf perf_event_open @keyring" \
    --bind=/dev/kmsg --bind-ro="$STORE:/opt/artifacts" --bind="$DIRECTORY/containerd:/var/lib/containerd" \
    "${settings[@]}" --resolv-conf=off --timezone=off --link-journal=no --console=pipe
done
