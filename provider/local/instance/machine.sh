#!/bin/bash
# Runs one machine of a lab, in the foreground: an nspawn container on an overlay of the Debian tree, in a network
# namespace and a cgroup of its own. The mounts are private to this process, so that they can't outlive it.
# Called by node-process.ts as: unshare --mount machine.sh, with these variables:
#   NAME       host name                 DIRECTORY  the machine's own disk: upper/, work/, containerd/
#   NAMESPACE  its network namespace     TREE       the Debian tree, never written to
#   GROUP      its cgroup's path, in     STORE      the programs that nodes run, read-only at /opt/artifacts
#              the lab's                 ADDRESS    of its eth0, with the prefix; GATEWAY is its VPC's
set -eu

# A group in which the machine sees itself as the root. What it may take is set on the lab's, which is there and which
# nobody in the machine can see (bounds.ts).
if [ -d /sys/fs/cgroup/systemd ]; then
  # cgroup v1: the same one in every hierarchy.
  for hierarchy in /sys/fs/cgroup/*/; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    path=$hierarchy$GROUP
    [ -d "$path" ] || mkdir "$path"
    for resource in cpus mems; do
      [ ! -f "$path/cpuset.$resource" ] || cat "$path/../cpuset.$resource" > "$path/cpuset.$resource"
    done
    # Root in a node can name any device (containers take that), but this machine's disks can't be opened. Exceptions to
    # "all", not a list of what may be: with that, no privileged pod could be made.
    [ ! -f "$path/devices.deny" ] || echo 'b *:* rw' > "$path/devices.deny"
    echo $$ > "$path/cgroup.procs"
  done
  enter_group() { :; }
else
  # cgroup v2, which bounds what is below a group only if the group has no members itself.
  bound_below() {
    sed 's/[a-z]\+/+&/g' "$1/cgroup.controllers" > "$1/cgroup.subtree_control" || {
      echo "the groups below $1 can't be bounded as long as it has processes of its own" >&2
      exit 1
    }
  }
  own=/sys/fs/cgroup
  unit=$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [[ $unit == */hardway-* ]]; then
    # Where systemd started this with Delegate=yes.
    own+=$unit
  else
    own+=/$GROUP
    [ -d "$own" ] || mkdir "$own"
  fi
  # The loop below is in one beside the machine's; a boot needs a new one, which nspawn divides further.
  mkdir -p "$own/runner"
  echo $$ > "$own/runner/cgroup.procs"
  bound_below "$own"
  enter_group() {
    [ ! -d "$own/machine" ] || find "$own/machine" -depth -type d -exec rmdir {} +
    mkdir "$own/machine"
    echo "$BASHPID" > "$own/machine/cgroup.procs"
  }
fi

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$DIRECTORY/upper,workdir=$DIRECTORY/work" "$DIRECTORY/root"

# kubelet insists on these kernel settings and they are the whole machine's: each node gets files in their place. So is the
# last, which every network namespace shows as its own: newer kernels have it, and once on it stays on.
# nspawn resolves what is bound into /proc from inside the machine, so the files are on its disk.
settings=()
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 net/netfilter/nf_hooks_lwtunnel=0; do
  [ -e "/proc/sys/${setting%=*}" ] || continue
  file=/var/lib/hardway/settings/${setting%=*}
  mkdir -p "$DIRECTORY/root${file%/*}"
  echo "${setting#*=}" > "$DIRECTORY/root$file"
  settings+=("--bind=$file:/proc/sys/${setting%=*}")
done

export SYSTEMD_NSPAWN_LOCK=0
# Inside, /proc/sys/net can be written (it is the namespace's own), the rest of /proc/sys can't.
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network

boot() {
  enter_group
  exec systemd-nspawn --quiet --register=no --keep-unit --boot \
    --directory="$DIRECTORY/root" --hostname="$NAME" --network-namespace-path="/run/netns/$NAMESPACE" \
    --capability=all --drop-capability=CAP_SYS_MODULE,CAP_SYS_RAWIO,CAP_SYS_BOOT,CAP_SYS_TIME,CAP_SYS_NICE \
    --system-call-filter="add_key keyctl bpf perf_event_open @keyring" \
    --bind=/dev/kmsg --bind-ro="$STORE:/opt/artifacts" --bind="$DIRECTORY/containerd:/var/lib/containerd" \
    "${settings[@]}" --resolv-conf=off --timezone=off --link-journal=no --console=pipe
}

# A machine that reboots forgets what its kernel was told of the network; its namespace would remember.
forget_network() {
  local link links
  mapfile -t links < <(ip -n "$NAMESPACE" -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/')
  for link in "${links[@]}"; do
    case $link in lo | eth0) ;; *) ip -n "$NAMESPACE" link del dev "$link" ;; esac
  done
  ip netns exec "$NAMESPACE" nft flush ruleset
  # conntrack is the tree's: what is on the machine's own disk runs in the machine only.
  ip netns exec "$NAMESPACE" chroot "$TREE" /usr/sbin/conntrack --flush
  ip -n "$NAMESPACE" rule flush
  ip -n "$NAMESPACE" rule add priority 32766 table main
  ip -n "$NAMESPACE" rule add priority 32767 table default
  for link in lo eth0; do
    ip netns exec "$NAMESPACE" tc qdisc del dev "$link" root
    ip -n "$NAMESPACE" link set "$link" down
    ip -n "$NAMESPACE" address flush dev "$link"
    ip -n "$NAMESPACE" link set "$link" up
  done
  ip -n "$NAMESPACE" route flush table all scope global
  ip -n "$NAMESPACE" address add "$ADDRESS" dev eth0
  ip -n "$NAMESPACE" route add default via "$GATEWAY" dev eth0
}

# Without CAP_SYS_BOOT a reboot inside ends the container: start it again, as a machine would come back.
while true; do
  (boot)
  # Not all of it is there to be taken away, and a machine comes back all the same.
  forget_network || true
done
