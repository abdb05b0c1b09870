#!/usr/bin/env bash
# Restarts kube-proxy if its rules are missing, for example after a flush. kube-proxy writes all
# rules when it starts, and otherwise checks them only once an hour.
set -eu
. /opt/hardway/common.sh

if ! all_there kube-proxy; then
  systemctl restart --no-block kube-proxy
  # Without an API server, kube-proxy writes no rules. Another step reports that.
  wait_until 20 all_there kube-proxy || true
fi
