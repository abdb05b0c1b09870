#!/usr/bin/env bash
# Waits until CoreDNS is available.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

if ! kubectl --namespace=kube-system rollout status deployment/coredns --timeout=180s; then
  waiting=$(kubectl --namespace=kube-system get pods --selector=k8s-app=kube-dns \
    --output=jsonpath='{range .items[*]}{.metadata.name} on {.spec.nodeName}: {.status.phase} {.status.containerStatuses[*].state.waiting.message}{"\n"}{end}')
  fail "CoreDNS is not available after 180 s: $waiting; it says: $(kubectl --namespace=kube-system logs --selector=k8s-app=kube-dns --tail=1 2>&1 | tail -n 1)"
fi
