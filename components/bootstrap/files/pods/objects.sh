#!/usr/bin/env bash
# Nodes that take no pods, or not every pod: OBJECT, a tab, how it is. What Kubernetes keeps off them itself is another matter.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

nodes=$(kubectl --request-timeout=5s get nodes --output=jsonpath='{range .items[*]}{.metadata.name}|{.spec.unschedulable}{range .spec.taints[*]}|{.key}={.value}:{.effect}{end}{"\n"}{end}' 2>&1) ||
  { no_answer "$nodes"; exit; }
while IFS='|' read -r name cordoned taints; do
  [ "$cordoned" != true ] || printf 'Node %s\tis cordoned\n' "$name"
  for taint in ${taints//|/ }; do
    case $taint in
      node.kubernetes.io/*) ;;
      *) printf 'Node %s\thas the taint %s\n' "$name" "${taint/=:/:}" ;;
    esac
  done
done <<< "$nodes"
