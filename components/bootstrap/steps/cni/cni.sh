#!/usr/bin/env bash
# The worker forwards packets. At boot systemd does the same from /etc/modules-load.d and /etc/sysctl.d.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

[ -e /proc/sys/net/bridge ] || modprobe br_netfilter ||
  fail "$NODE_NAME: br_netfilter can't be loaded, so services would fail between pods of the same node"
sysctl --quiet --load=/etc/sysctl.d/99-hardway.conf
