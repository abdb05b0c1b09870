#!/bin/sh
# Tries what a lab asks of the kernel, in network namespaces and a mount namespace that are gone when it ends.
# Prints one line for each: NAME ok, or NAME and the first line of what was said against it.
set -eu

name="try-doctor-$$"
scratch=$(mktemp -d)
cleanup() {
  ip netns del "$name" 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT INT TERM

# attempt NAME COMMAND...
attempt() {
  what=$1
  shift
  if "$@" >"$scratch/said" 2>&1; then
    echo "$what ok"
  else
    echo "$what $(head -n 1 "$scratch/said")"
  fi
}

inside() { ip netns exec "$name" "$@"; }

overlay() {
  mkdir -p "$scratch/lower" "$scratch/upper" "$scratch/work" "$scratch/merged"
  # On a filesystem of its own: the scratch directory may be on an overlay itself.
  # shellcheck disable=SC2016 # the inner shell's own argument
  unshare --mount sh -eu -c 'mount -t tmpfs none "$1/upper" && mkdir "$1/upper/u" "$1/upper/w" &&
    mount -t overlay none -o "lowerdir=$1/lower,upperdir=$1/upper/u,workdir=$1/upper/w" "$1/merged"' sh "$scratch"
}

br_netfilter() {
  inside test -e /proc/sys/net/bridge/bridge-nf-call-iptables || { modprobe br_netfilter && inside test -e /proc/sys/net/bridge/bridge-nf-call-iptables; }
}

bridge_hooks() {
  inside nft 'add table bridge try; add chain bridge try c { type filter hook prerouting priority 0; }; add rule bridge try c ip daddr 192.0.2.1 ether daddr set 02:00:00:00:00:01'
}

attempt netns ip netns add "$name"
attempt veth inside ip link add name veth0 type veth peer name veth1
attempt bridge inside ip link add name br0 type bridge
attempt br_netfilter br_netfilter
attempt overlay overlay
attempt nf_tables bridge_hooks
attempt nat inside iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
attempt conntrack inside iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
attempt ttl inside iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1
attempt pidns unshare --pid --fork --mount-proc true
