#!/usr/bin/env bash
# Rules that somebody flushed are written again when kube-proxy starts; by itself it looks at all of them once an hour.
set -eu
. /opt/hardway/common.sh

if ! all_there kube-proxy; then
  systemctl restart --no-block kube-proxy
  # Where it can't, for want of an API, another step says so.
  wait_until 20 all_there kube-proxy || true
fi
