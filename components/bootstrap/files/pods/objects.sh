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

# Of all that run, one is the leader and does the work; it says so every two seconds. Another waits for 15 to take its place.
leases=$(kubectl --request-timeout=5s --namespace=kube-system get leases --output=jsonpath='{range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}') || exit 0
for program in kube-controller-manager kube-scheduler; do
  renewed=$(sed -n "s/^$program //p" <<< "$leases")
  if [ -z "$renewed" ]; then
    printf '%s\thas no leader yet\n' "$program"
  else
    age=$(($(date +%s) - $(date --date="$renewed" +%s)))
    [ "$age" -lt 15 ] || printf '%s\thas had no leader for %s s\n' "$program" "$age"
  fi
done
