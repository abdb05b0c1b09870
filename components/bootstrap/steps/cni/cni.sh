#!/usr/bin/env bash
# Lets the worker forward packets. At boot systemd does the same from /etc/modules-load.d and
# /etc/sysctl.d.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

[ -e /proc/sys/net/bridge ] || modprobe br_netfilter ||
  fail "$NODE_NAME: br_netfilter can't be loaded, so services would fail between pods of the same node"
sysctl --quiet --load=/etc/sysctl.d/99-hardway.conf

# An address that an edited CNI file gave the bridge keeps new pods from starting.
while IFS=$'\t' read -r _ state; do
  address=${state#has the address }
  ip address del "${address%%,*}" dev cnio0
done < <(bash /opt/hardway/objects/cni.sh)
