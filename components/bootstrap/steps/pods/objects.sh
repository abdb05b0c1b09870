#!/usr/bin/env bash
# Prints what keeps pods from being created, or namespaces from being deleted: OBJECT, a tab, its
# state, and if `up` can't repair it a tab and the cure. Taints that Kubernetes itself sets are not
# listed.
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

# Kubernetes deletes no namespace while one of its APIs can't be listed.
available='{range .status.conditions[?(@.type=="Available")]}{.status}{"\t"}{.reason}{end}'
kubectl --request-timeout=5s get apiservices \
  --output=jsonpath="{range .items[*]}{.metadata.name}{\"\t\"}$available{\"\n\"}{end}" |
  awk -F '\t' '$2 == "False" {
    printf "APIService %s\tdoes not answer (%s), so no namespace can be deleted", $1, $3
    printf "\trepair it, or `kubectl delete apiservice %s`\n", $1
  }'
