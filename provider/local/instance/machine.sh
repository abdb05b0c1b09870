#!/bin/bash
# Runs one node of a lab in the foreground: an nspawn container on an overlay of the Debian tree,
# with its own
# network namespace and cgroup. Its mounts are private to this process and end with it.
# node-process.ts calls `unshare --mount machine.sh` with these variables:
# NAME       host name
# DIRECTORY  disk of the node: upper/, work/, containerd/
# NAMESPACE  network namespace of the node
# TREE       Debian tree, read-only
# GROUP      path of the node's cgroup, in the lab's cgroup
# STORE      node programs, read-only at /opt/artifacts
# ADDRESS    address of eth0 with prefix length
# GATEWAY    address of the VPC's router
# IPV6_ADDRESS, IPV6_GATEWAY  the same for IPv6; unset unless the lab is dual-stack
set -eu

# The node's cgroup, which the node sees as the root. Its limits are set on the lab's cgroup, which
# exists already
# and is invisible in the node (workspace/resource-limits.ts).
if [ -d /sys/fs/cgroup/systemd ]; then
  # cgroup v1: a cgroup with this path in every hierarchy.
  for hierarchy in /sys/fs/cgroup/*/; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    path=$hierarchy$GROUP
    [ -d "$path" ] || mkdir "$path"
    for resource in cpus mems; do
      [ ! -f "$path/cpuset.$resource" ] || cat "$path/../cpuset.$resource" > "$path/cpuset.$resource"
    done
    # Denies access to the host's disks, although root in a node can create any device file
    # (containers accept that).
    # This is "all, with exceptions": a list of permitted devices would prevent privileged pods.
    [ ! -f "$path/devices.deny" ] || echo 'b *:* rw' > "$path/devices.deny"
    echo $$ > "$path/cgroup.procs"
  done
  enter_group() { :; }
else
  # cgroup v2 limits child groups only if the parent group has no own processes.
  bound_below() {
    sed 's/[a-z]\+/+&/g' "$1/cgroup.controllers" > "$1/cgroup.subtree_control" || {
      echo "can't set limits below $1: it has its own processes" >&2
      exit 1
    }
  }
  own=/sys/fs/cgroup
  unit=$(sed -n 's/^0:://p' /proc/self/cgroup)
  if [[ $unit == */hardway-* ]]; then
    # Started by systemd with Delegate=yes.
    own+=$unit
  else
    own+=/$GROUP
    [ -d "$own" ] || mkdir "$own"
  fi
  # The loop at the end of this script runs in the group `runner`. Each boot gets a new group
  # `machine`, which nspawn divides further.
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

# kubelet requires these kernel settings, which apply to the whole host: each node gets files that
# replace them.
# The last setting is the same in every network namespace of newer kernels, and cannot be turned off
# again.
# nspawn resolves sources of binds into /proc from inside the container, so the files are on the
# node's disk.
settings=()
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 net/netfilter/nf_hooks_lwtunnel=0; do
  [ -e "/proc/sys/${setting%=*}" ] || continue
  file=/var/lib/hardway/settings/${setting%=*}
  mkdir -p "$DIRECTORY/root${file%/*}"
  echo "${setting#*=}" > "$DIRECTORY/root$file"
  settings+=("--bind=$file:/proc/sys/${setting%=*}")
done

export SYSTEMD_NSPAWN_LOCK=0
# In the node, /proc/sys/net is writable (it belongs to the network namespace); the rest of
# /proc/sys is not.
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

# Resets the network namespace, because a rebooted node forgets its network state.
forget_network() {
  local link links
  mapfile -t links < <(ip -n "$NAMESPACE" -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/')
  for link in "${links[@]}"; do
    case $link in lo | eth0) ;; *) ip -n "$NAMESPACE" link del dev "$link" ;; esac
  done
  ip netns exec "$NAMESPACE" nft flush ruleset
  # Uses conntrack of the Debian tree: programs on the node's disk must run inside the node only.
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
  # Setting the link down has removed the IPv6 routes. The kernel's own one to fe80::/64, which
  # neighbour discovery needs, has come back with the link.
  ip -n "$NAMESPACE" -4 route flush table all scope global
  ip -n "$NAMESPACE" address add "$ADDRESS" dev eth0
  ip -n "$NAMESPACE" route add default via "$GATEWAY" dev eth0
  # Without IPv6, nothing is left to set.
  [ -n "${IPV6_ADDRESS:-}" ] || return 0
  ip -n "$NAMESPACE" address add "$IPV6_ADDRESS" dev eth0 nodad
  ip -n "$NAMESPACE" -6 route add default via "$IPV6_GATEWAY" dev eth0
}

# A reboot inside ends the container, which lacks CAP_SYS_BOOT. The loop starts it again.
while true; do
  (boot)
  # Parts of the network state may not exist. The node must come back anyway.
  forget_network || true
done
