#!/usr/bin/env bash
# Reports the addresses of the cloud's load balancers in the status of their services, as the
# service controller of a cloud does. Pulumi creates the balancers, so this node needs no rights in
# the cloud. Keeps no state: after a restart it reads all services again.
# Every line of the file is NAMESPACE/NAME ADDRESS.
set -eu
export KUBECONFIG=/var/lib/kubernetes/service-controller.kubeconfig
addresses=/etc/hardway/service-addresses

# report NAMESPACE/NAME ADDRESS: sets the address in the service's status; without one, removes it.
report() {
  local ingress=null
  [ -z "$2" ] || ingress="[{\"ip\":\"$2\"}]"
  kubectl --namespace="${1%/*}" patch service "${1#*/}" --subresource=status --type=merge \
    --patch="{\"status\":{\"loadBalancer\":{\"ingress\":$ingress}}}" || echo "$1: not reported"
}

# kubectl prints a line for each service, and another one whenever a service changes. It ends when
# the API server ends the watch, and systemd starts this script again.
fields='{.metadata.namespace}/{.metadata.name}|{.spec.type}|{.spec.loadBalancerClass}|{.status.loadBalancer.ingress[0].ip}{"\n"}'
kubectl get services --all-namespaces --watch --output="jsonpath=$fields" |
  while IFS='|' read -r service type class has; do
    # A service with a class belongs to another controller.
    if [ "$type" != LoadBalancer ] || [ -n "$class" ]; then continue; fi
    wanted=$(awk -v service="$service" '$1 == service { print $2 }' "$addresses")
    [ "$has" = "$wanted" ] || report "$service" "$wanted"
  done
