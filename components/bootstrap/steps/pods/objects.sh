#!/usr/bin/env bash
# What keeps pods from being made: OBJECT, a tab, how it is. What Kubernetes itself keeps off a node is another matter.
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

for program in kube-controller-manager kube-scheduler; do
  age=$(leader_age "$program") || continue
  [ "${age:-15}" -lt 15 ] || printf '%s\thas no leader%s\n' "$program" "${age:+ for $age s}"
done
