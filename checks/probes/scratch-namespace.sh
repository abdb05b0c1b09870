#!/bin/bash
# Attaches a network namespace to the node's bridge with a CNI config, as containerd does for a pod. Prints the
# plugin's answer on one line. Deletes the namespace when its standard input ends: when the check is over, or when the
# process that started the check has ended.
# Arguments: the namespace's name, the CNI config.
set -eu
name=$1
config=$2

cni() {
  sudo env CNI_COMMAND="$1" CNI_CONTAINERID="$name" CNI_NETNS="/var/run/netns/$name" CNI_IFNAME=eth0 \
    CNI_PATH=/opt/cni/bin /opt/cni/bin/bridge <<< "$config"
}

detach() {
  cni DEL > /dev/null 2>&1 || true
  if [ -e "/var/run/netns/$name" ]; then sudo ip netns del "$name" > /dev/null 2>&1 || true; fi
}

trap detach EXIT
trap 'exit 1' HUP INT PIPE TERM
sudo ip netns add "$name"
# The plugin prints its errors on standard output.
if ! answer=$(cni ADD); then
  printf '%s\n' "$answer" >&2
  exit 1
fi
printf '%s\n' "$answer" | tr -d '\n'
printf '\n'
# Ends after a minute even if the connection breaks without closing the input.
timeout 60 cat > /dev/null || true
