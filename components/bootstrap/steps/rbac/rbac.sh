#!/usr/bin/env bash
# Grants the API server access to the kubelets.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
kubectl apply --filename=/var/lib/kubernetes/kubelet-access.yaml

# An API server restores missing default roles when it starts.
if ! all_there rbac; then
  systemctl restart --no-block kube-apiserver
  wait_until 60 all_there rbac || fail "rights in the cluster are not as they should be after 60 s: $(bash /opt/hardway/objects/rbac.sh)"
fi
