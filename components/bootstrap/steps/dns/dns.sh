#!/usr/bin/env bash
# Waits until CoreDNS is available, and is an endpoint of the service kube-dns.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

if ! kubectl --namespace=kube-system rollout status deployment/coredns --timeout=180s; then
  waiting=$(kubectl --namespace=kube-system get pods --selector=k8s-app=kube-dns \
    --output=jsonpath='{range .items[*]}{.metadata.name} on {.spec.nodeName}: {.status.phase} {.status.containerStatuses[*].state.waiting.message}{"\n"}{end}')
  fail "CoreDNS is not available after 180 s: $waiting; it says: $(kubectl --namespace=kube-system logs --selector=k8s-app=kube-dns --tail=1 2>&1 | tail -n 1)"
fi

# The controller manager changes the endpoints at most once a second.
all_endpoints_ready() {
  local ready
  ready=$(kubectl --namespace=kube-system get endpointslices --selector=kubernetes.io/service-name=kube-dns \
    --output=jsonpath='{.items[*].endpoints[*].conditions.ready}')
  [ "$ready" ] && ! grep -q false <<< "$ready"
}
wait_until 60 all_endpoints_ready ||
  fail "kube-dns has no ready endpoint after 60 s: $(last_lines kube-controller-manager)"
