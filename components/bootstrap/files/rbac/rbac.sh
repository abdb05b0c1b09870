#!/usr/bin/env bash
# Lets the API server in to the kubelets; and pods can be created, which needs the default service account.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

kubectl apply --filename=/var/lib/kubernetes/kubelet-access.yaml
wait_until 60 kubectl get serviceaccount default ||
  fail "there is no default service account after 60 s: $(last_lines kube-controller-manager)"
