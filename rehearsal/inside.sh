#!/usr/bin/env bash
# First process of a rehearsal's own process, mount and network namespaces: inside.sh CHECKOUT SCRATCH ARG…
# Everything that runs here ends with this process. Nothing here has a way out.
set -euo pipefail
checkout=$1 scratch=$2
shift 2

# Namespaces are files below /run, and a host's systemd is found there: both are the rehearsal's own.
mount -t tmpfs -o mode=755 rehearsal /run
mkdir -p /run/netns
# The program runs from a copy in which its files may be changed.
mkdir -p "$scratch/checkout/upper" "$scratch/checkout/work"
mount -t overlay rehearsal -o "lowerdir=$checkout,upperdir=$scratch/checkout/upper,workdir=$scratch/checkout/work" "$checkout"
cd "$checkout"

ip link set lo up
# Documentation addresses: two of the user, then the release mirror and the registries.
for address in 203.0.113.1 203.0.113.2 203.0.113.10 203.0.113.11 203.0.113.12; do
  ip address add "$address/32" dev lo
done
sysctl --quiet --write net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv6.conf.all.disable_ipv6=1

node bin/run.cjs rehearsal/inside.ts "$@" &
runner=$!
trap 'kill "$runner"' TERM INT
# A trapped signal ends the first wait.
wait "$runner" || wait "$runner"
