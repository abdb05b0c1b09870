#!/usr/bin/env bash
# Every worker is Ready, and pods can be created: they need the default service account.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

limit=180
# NAME=STATUS, a line a node.
conditions='{range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'

all_ready() {
  nodes=$(kubectl get nodes --output=jsonpath="$conditions")
  for worker in $WORKERS; do grep -qxF "${worker%%=*}=True" <<< "$nodes" || return 1; done
}

if ! wait_until "$limit" all_ready; then
  for worker in $WORKERS; do
    name=${worker%%=*}
    reason=$(kubectl get node "$name" --output=jsonpath='{.status.conditions[?(@.type=="Ready")].message}' 2>&1 || true)
    ! grep -qxF "$name=True" <<< "$nodes" || continue
    echo "$name is not Ready after $limit s: ${reason:-no reason given}. On $name, see: journalctl -u kubelet -u containerd" >&2
  done
  exit 1
fi
wait_until 60 kubectl get serviceaccount default ||
  fail "there is no default service account after 60 s: $(last_lines kube-controller-manager)"
