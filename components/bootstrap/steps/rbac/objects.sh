#!/usr/bin/env bash
# Rights in the cluster, where they are not as they were: OBJECT, a tab, how it is.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
differing /var/lib/kubernetes/kubelet-access.yaml

# What Kubernetes itself gives those that its programs, and who asks for their health, log in as.
defaults='discovery basic-user public-info-viewer node-proxier kube-controller-manager kube-scheduler volume-scheduler'
found=$(kubectl --request-timeout=5s get clusterroles,clusterrolebindings --output=name 2> /dev/null) || exit 0
for name in $defaults; do
  for kind in ClusterRole ClusterRoleBinding; do
    grep -qxF "${kind,,}.rbac.authorization.k8s.io/system:$name" <<< "$found" || printf '%s system:%s\tis missing\n' "$kind" "$name"
  done
done
