#!/usr/bin/env bash
# CoreDNS, where it doesn't run: OBJECT, a tab, how it is. That it is asked for is another step's.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

counts=$(kubectl --request-timeout=5s --namespace=kube-system get deployment coredns --ignore-not-found \
  --output=jsonpath='{.status.readyReplicas} {.spec.replicas}' 2>&1) || { no_answer "$counts"; exit; }
read -r ready wanted <<< "${counts/# /0 }"
if [ "${ready:-0}" -lt 1 ] || [ "$ready" != "$wanted" ]; then printf 'CoreDNS\thas %s of %s pods ready\n' "${ready:-0}" "${wanted:-0}"; fi
