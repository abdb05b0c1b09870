#!/usr/bin/env bash
# Every pod runs as a service account, and the controller manager makes the default one some seconds after it has started.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

wait_until 60 kubectl get serviceaccount default || fail "there is no default service account after 60 s: $(last_lines kube-controller-manager)"

# Nodes that are there already take pods: what somebody said against it is taken back.
while IFS=$'\t' read -r object state; do
  case $state in
    'is cordoned') kubectl uncordon "${object#Node }" ;;
    'has the taint '*) kubectl taint nodes "${object#Node }" "${state#has the taint }-" ;;
  esac
done < <(bash /opt/hardway/objects/pods.sh)
