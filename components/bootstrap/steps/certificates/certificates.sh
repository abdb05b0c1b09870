#!/usr/bin/env bash
# Services read their certificates only when they start, so new certificates restart them.
set -eu
. /opt/hardway/common.sh

if grep -qv '^/opt/hardway/' "$CHANGED_FILES"; then
  for unit in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy; do
    systemctl try-restart --no-block "$unit" 2> /dev/null || true
  done
fi
