#!/usr/bin/env bash
# Prints `OBJECT<TAB>STATE` if CoreDNS does not run. Step coredns checks that its objects exist.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

counts=$(kubectl --request-timeout=5s --namespace=kube-system get deployment coredns --ignore-not-found \
  --output=jsonpath='{.status.readyReplicas} {.spec.replicas}' 2>&1) || { no_answer "$counts"; exit; }
read -r ready wanted <<< "${counts/# /0 }"
if [ "${ready:-0}" -lt 1 ] || [ "$ready" != "$wanted" ]; then printf 'CoreDNS\thas %s of %s pods ready\n' "${ready:-0}" "${wanted:-0}"; fi
