#!/usr/bin/env bash
# Grants the API server access to the kubelets, and the service controller access to services.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
# The session before this one restarts the API server if it has changed its files.
wait_until 120 api_serves || fail "kube-apiserver on $(cat /proc/sys/kernel/hostname) is not ready after 120 s"
kubectl apply --filename=/var/lib/kubernetes/kubelet-access.yaml

# take_back: ends the rights of the service controller, then removes the addresses that it gave.
take_back() {
  local namespace name class
  systemctl disable --quiet --now service-addresses 2> /dev/null || true
  kubectl delete --ignore-not-found clusterrolebinding,clusterrole hardway:service-controller
  kubectl get services --all-namespaces \
    --output='jsonpath={range .items[?(@.spec.type=="LoadBalancer")]}{.metadata.namespace} {.metadata.name} {.spec.loadBalancerClass}{"\n"}{end}' |
    while read -r namespace name class; do
      # A service with a class belongs to another controller.
      [ -z "$class" ] || continue
      kubectl --namespace="$namespace" patch service "$name" --subresource=status --type=merge \
        --patch='{"status":{"loadBalancer":{"ingress":null}}}'
    done
}

if [ -e /var/lib/kubernetes/service-controller.yaml ]; then
  kubectl apply --filename=/var/lib/kubernetes/service-controller.yaml
elif grep -qs service-controller.yaml /var/lib/hardway/steps/rbac.sha256; then
  # The lab had a service controller until now.
  take_back
fi
if [ -e /usr/local/bin/service-addresses ]; then
  # Started again with each session: it then reads all services, and the present addresses.
  systemctl enable --quiet service-addresses
  systemctl restart --no-block service-addresses
fi

# An API server restores missing default roles when it starts.
if ! all_there rbac; then
  systemctl restart --no-block kube-apiserver
  wait_until 60 all_there rbac || fail "rights in the cluster are not as they should be after 60 s: $(bash /opt/hardway/objects/rbac.sh)"
fi
