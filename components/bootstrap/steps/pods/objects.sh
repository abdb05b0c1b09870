#!/usr/bin/env bash
# Prints what keeps pods from being created, or namespaces from being deleted: OBJECT, a tab, its
# state, and if `up` can't repair it a tab and the cure. Taints that Kubernetes itself sets are not
# listed.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

# One kubectl reads all objects: it needs a tenth of a second of processor time to start.
condition='.status.conditions[?(@.type=="Available")]'
fields="{.kind}|{.metadata.name}|{.spec.renewTime}|{$condition.status}|{$condition.reason}"
fields="$fields|{.spec.unschedulable}|{range .spec.taints[*]}{.key}={.value}:{.effect}|{end}"
found=$(kubectl --request-timeout=5s --namespace=kube-system get nodes,leases,apiservices \
  --output=jsonpath="{range .items[*]}$fields{\"\n\"}{end}" 2>&1) || { no_answer "$found"; exit; }

node() {
  [ "$2" != true ] || printf 'Node %s\tis cordoned\n' "$1"
  for taint in ${3//|/ }; do
    case $taint in
      node.kubernetes.io/*) ;;
      *) printf 'Node %s\thas the taint %s\n' "$1" "${taint/=:/:}" ;;
    esac
  done
}

declare -A renewals
while IFS='|' read -r kind name renewed available reason cordoned taints; do
  case $kind in
    Node) node "$name" "$cordoned" "$taints" ;;
    Lease) renewals[$name]=$renewed ;;
    APIService)
      # Kubernetes deletes no namespace while one of its APIs can't be listed.
      [ "$available" != False ] || printf \
        "APIService %s\tdoes not answer (%s), so no namespace can be deleted\trepair it, or \`kubectl delete apiservice %s\`\n" \
        "$name" "$reason" "$name"
      ;;
  esac
done <<< "$found"

for program in $LEADERS; do
  renewed=${renewals[$program]:-}
  age=${renewed:+$(seconds_since "$renewed")}
  [ "${age:-15}" -lt 15 ] || printf '%s\thas no leader%s\n' "$program" "${age:+ for $age s}"
done
