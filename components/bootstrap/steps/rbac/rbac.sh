#!/usr/bin/env bash
# Lets the API server in to the kubelets.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
kubectl apply --filename=/var/lib/kubernetes/kubelet-access.yaml

# Rights that Kubernetes gave and somebody took: an API server gives them again when it starts.
if ! all_there rbac; then
  systemctl restart --no-block kube-apiserver
  wait_until 60 all_there rbac || fail "rights in the cluster are not as they should be after 60 s: $(bash /opt/hardway/objects/rbac.sh)"
fi
