#!/bin/sh
# filtering-host.sh LAB: creates, verifies and deletes a lab in a network namespace that looks like
# a host with Docker and without IPv6: the filter of bridges is on, and iptables forwards nothing.
# Run it by unshare --net --mount. Prints each command's output between `== NAME` and `== exit CODE`.
set -u
lab=$1

try() {
  printf '== %s\n' "$1"
  shift
  "$@" 2>&1
  printf '\n== exit %s\n' "$?"
}

ip link set lo up
modprobe br_netfilter 2>/dev/null
iptables -P FORWARD DROP
echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
if [ -e /proc/sys/net/ipv6 ]; then
  for place in all default; do echo 1 >/proc/sys/net/ipv6/conf/$place/disable_ipv6; done
fi
try up ./lab up "$lab" --yes --set controllers=1 --set workers=2
try verify ./lab verify "$lab"
try status ./lab status "$lab"
try down ./lab down "$lab" --yes
try filter sh -c 'cat /proc/sys/net/bridge/bridge-nf-call-iptables; iptables -S FORWARD'
