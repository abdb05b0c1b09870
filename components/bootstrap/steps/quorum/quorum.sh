#!/usr/bin/env bash
# This controller's part of the control plane is up: etcd has a majority, and everything that needs it answers.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

# Controllers that download their programs and packages may be ready minutes apart.
if [ -d /opt/artifacts ]; then limit=120; else limit=600; fi

# healthy URL: answers, with a certificate of this lab.
healthy() {
  curl --fail --silent --max-time 3 --cacert /etc/etcd/ca.pem --cert /etc/etcd/etcd.pem --key /etc/etcd/etcd-key.pem "$1"
}
# The two make a certificate of their own for this port, which only this machine can reach.
answers() { curl --fail --silent --insecure --max-time 3 "$1"; }

# expect UNIT COMMAND...
expect() {
  unit=$1
  shift
  wait_until "$limit" "$@" || fail "$unit on $NODE_NAME is not healthy after $limit s: $(last_lines "$unit")"
}

expect etcd healthy https://127.0.0.1:2379/health
expect kube-apiserver healthy "https://127.0.0.1:$API_PORT/readyz"
expect kube-controller-manager answers https://127.0.0.1:10257/healthz
expect kube-scheduler answers https://127.0.0.1:10259/healthz
