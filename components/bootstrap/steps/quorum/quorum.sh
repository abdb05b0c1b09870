#!/usr/bin/env bash
# Waits until etcd has a majority, and until the control plane of this controller answers.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

# Controllers that download programs and packages may be ready minutes apart.
if [ -d /opt/artifacts ]; then limit=120; else limit=600; fi

# healthy URL: true if the URL answers with a certificate of this lab.
healthy() {
  curl --fail --silent --max-time 3 --cacert /etc/etcd/ca.pem --cert /etc/etcd/etcd.pem --key /etc/etcd/etcd-key.pem "$1"
}
# answers URL: true if the URL answers. Both services sign their own certificate for this port, which
# only this node can reach.
answers() { curl --fail --silent --insecure --max-time 3 "$1"; }

# expect UNIT COMMAND...: waits until COMMAND succeeds; otherwise fails with the log of UNIT.
expect() {
  unit=$1
  shift
  wait_until "$limit" "$@" || fail "$unit on $NODE_NAME is not healthy after $limit s: $(last_lines "$unit")"
}

expect etcd healthy https://127.0.0.1:2379/health
expect kube-apiserver healthy "https://127.0.0.1:$API_PORT/readyz"
expect kube-controller-manager answers https://127.0.0.1:10257/healthz
expect kube-scheduler answers https://127.0.0.1:10259/healthz
