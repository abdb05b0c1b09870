#!/bin/sh
# kernel.sh DIRECTORY: tries each kernel feature that a lab needs. DIRECTORY is the place of the
# nodes' disks. The script's network namespace and mount namespaces do not outlive the script.
# Prints one line for each attempt: NAME ok, or NAME and the first line of the error.
set -eu

namespace="try-doctor-$$"
scratch=$(mktemp -d)
disks=$(mktemp -d -p "$1")
cleanup() {
  ip netns del "$namespace" 2>/dev/null || true
  rm -rf "$scratch" "$disks"
}
trap cleanup EXIT INT TERM

# attempt NAME COMMAND...: runs the command and prints its result.
attempt() {
  what=$1
  shift
  if "$@" >"$scratch/said" 2>&1; then
    echo "$what ok"
  else
    echo "$what $(head -n 1 "$scratch/said")"
  fi
}

inside() { ip netns exec "$namespace" "$@"; }

# overlay_on DIRECTORY: mounts an overlay with its upper layer in DIRECTORY, like a node's disk. An
# upper layer can't be on an overlay, and not on every file system.
overlay_on() {
  mkdir -p "$scratch/lower" "$1/upper" "$1/work" "$scratch/merged"
  unshare --mount mount -t overlay none -o "lowerdir=$scratch/lower,upperdir=$1/upper,workdir=$1/work" "$scratch/merged"
}

overlay() {
  mkdir -p "$scratch/lower" "$scratch/merged"
  # shellcheck disable=SC2016 # the inner shell's own argument
  unshare --mount sh -eu -c 'mount -t tmpfs none "$1/lower" && mkdir "$1/lower/l" "$1/lower/u" "$1/lower/w" &&
    mount -t overlay none -o "lowerdir=$1/lower/l,upperdir=$1/lower/u,workdir=$1/lower/w" "$1/merged"' sh "$scratch"
}

# Loads br_netfilter. By default, the module sends frames of the host's own bridges through
# iptables. This function turns that off if it loads the module, like
# provider/local/network/host-kernel.ts.
br_netfilter() {
  inside test -e /proc/sys/net/bridge/bridge-nf-call-iptables && return
  modprobe br_netfilter || return
  for filter in iptables ip6tables arptables; do
    sysctl -qw "net.bridge.bridge-nf-call-$filter=0" || true
  done
  inside test -e /proc/sys/net/bridge/bridge-nf-call-iptables
}

bridge_hooks() {
  inside nft 'add table bridge try; add chain bridge try c { type filter hook prerouting priority 0; }; add rule bridge try c ip daddr 192.0.2.1 ether daddr set 02:00:00:00:00:01'
}

conntrack_seen() {
  inside iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT && inside conntrack -L
}

# Nodes have the iptables that uses nftables. This host's own iptables may be the legacy one.
nodes_iptables=iptables
if command -v iptables-nft >/dev/null; then nodes_iptables=iptables-nft; fi

# rule ARGUMENT...: appends a rule to the chain in which kube-proxy's kinds of rules are tried.
rule() { inside "$nodes_iptables" -t nat -A TRY "$@"; }

services() {
  inside "$nodes_iptables" -t nat -N TRY &&
    rule -m comment --comment try -m statistic --mode random --probability 0.5 -j RETURN &&
    rule -m addrtype --dst-type LOCAL -j RETURN &&
    rule -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.1:80 &&
    rule -j MARK --or-mark 0x4000 &&
    rule -m mark ! --mark 0x4000/0x4000 -j RETURN &&
    rule -m recent --name try --rcheck --seconds 1 -j RETURN
}

nft_services() {
  inside nft 'add table ip try; add chain ip try c { type nat hook postrouting priority 100; }; add map ip try m { type ipv4_addr . inet_proto . inet_service : verdict; }; add rule ip try c ip daddr . meta l4proto . th dport vmap @m; add rule ip try c numgen random mod 2 vmap { 0 : accept, 1 : accept }; add rule ip try c masquerade fully-random'
}

# IPv6 on a bridge, and the rules of a dual-stack lab's router and nodes.
ipv6() {
  [ -d /proc/sys/net/ipv6 ] || {
    echo "no IPv6: the host was booted with ipv6.disable=1, or its kernel has none"
    return 1
  }
  inside sysctl -qw net.ipv6.conf.all.forwarding=1 &&
    inside ip -6 address add fd00:10:240::1/64 dev lo nodad &&
    inside ip6tables -t mangle -A PREROUTING -j HL --hl-inc 1 &&
    inside ip6tables -t nat -A POSTROUTING -s fd00:10:200::/48 -j MASQUERADE &&
    inside nft 'add table ip6 try; add chain ip6 try c { type nat hook postrouting priority 100; }; add rule ip6 try c masquerade'
}

# Creates and removes a control group in each hierarchy.
groups() {
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do
    [ -f "$hierarchy/cgroup.procs" ] || continue
    mkdir "$hierarchy/$namespace" && rmdir "$hierarchy/$namespace" || return 1
  done
}

# Compares the root of this process with the root of its mount namespace. After chroot they differ,
# and a command that enters the namespace, such as `kubectl exec`, sees other files (setns(2)).
own_root() {
  of_namespace=$(nsenter --mount=/proc/self/ns/mnt stat -Lc %d:%i /) || return 1
  [ "$of_namespace" = "$(stat -Lc %d:%i /)" ] && return
  echo 'this command runs in a chroot, and commands in pods would run outside it'
  return 1
}

attempt netns ip netns add "$namespace"
attempt veth inside ip link add name veth0 type veth peer name veth1
attempt bridge inside ip link add name br0 type bridge
attempt br_netfilter br_netfilter
attempt forwarding inside sysctl -qw net.ipv4.ip_forward=1
attempt overlay overlay
attempt disks overlay_on "$disks"
attempt nf_tables bridge_hooks
attempt nat inside iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE --random-fully
attempt conntrack conntrack_seen
attempt ttl inside iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1
attempt services services
attempt nft_services nft_services
attempt ipv6 ipv6
attempt pidns unshare --pid --fork --mount-proc true
attempt groups groups
attempt root own_root
attempt kmsg sh -c ': < /dev/kmsg'
