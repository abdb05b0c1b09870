#!/usr/bin/env bash
# Prints the drift of access rights in the cluster: `OBJECT<TAB>STATE`.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
differing /var/lib/kubernetes/kubelet-access.yaml
[ ! -e /var/lib/kubernetes/service-controller.yaml ] || differing /var/lib/kubernetes/service-controller.yaml
if [ -e /usr/local/bin/service-addresses ] && ! systemctl is-active --quiet service-addresses; then
  printf 'service-addresses\tdoes not run\n'
fi

# Default roles of Kubernetes for its own programs and for health checks.
defaults='discovery basic-user public-info-viewer node-proxier kube-controller-manager kube-scheduler volume-scheduler'
found=$(kubectl --request-timeout=5s get clusterroles,clusterrolebindings --output=name 2> /dev/null) || exit 0
for name in $defaults; do
  for kind in ClusterRole ClusterRoleBinding; do
    grep -qxF "${kind,,}.rbac.authorization.k8s.io/system:$name" <<< "$found" || printf '%s system:%s\tis missing\n' "$kind" "$name"
  done
done
