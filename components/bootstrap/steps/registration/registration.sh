#!/usr/bin/env bash
# Waits until this worker is a node of the cluster, with its own podCIDR, and Ready, until
# kube-proxy has written its rules, and until the API server knows the state of the worker's pods.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=180

known() { this_node | grep -qF '"kind":"Node"'; }
is_ready() { this_node | grep -qF '"type":"Ready","status":"True"'; }

# After a long outage, kubelet and kube-proxy retry the API only once a minute; restarted, they
# retry at once. objects.sh creates the file when no API server answers.
if [ -e /run/hardway-api-away ]; then
  systemctl restart --no-block kubelet kube-proxy
  rm /run/hardway-api-away
fi

not_ready() {
  for unit in containerd kubelet; do
    echo "$unit is $(systemctl is-active "$unit" || true): $(last_lines "$unit")" >&2
  done
  fail "$NODE_NAME is not Ready after $limit s"
}

# A kubelet registers only when it starts. If all controllers were recreated, it has to start again.
wait_until 10 known || systemctl restart --no-block kubelet
wait_until "$limit" known || not_ready

# The kubelet sets no podCIDR, and the controller manager would number the nodes in its own
# order. A node may set its own podCIDR once; afterwards the API server refuses any other value.
pod_cidrs=$(declared_pod_cidrs)
quoted=\"${pod_cidrs//,/\",\"}\"
has_pod_cidrs() { [ "$(pod_cidrs_of "$(this_node)")" = "$pod_cidrs" ]; }
set_pod_cidrs() {
  has_pod_cidrs || this_node --request PATCH --header 'Content-Type: application/merge-patch+json' \
    --data "{\"spec\":{\"podCIDR\":${quoted%%,*},\"podCIDRs\":[$quoted]}}"
}
wait_until 10 set_pod_cidrs ||
  fail "$NODE_NAME does not get the podCIDR $pod_cidrs: $(set_pod_cidrs 2>&1 | tail -n 1)." \
    "To do: \`kubectl delete node $NODE_NAME\`, then \`./lab up\`"

wait_until "$limit" is_ready || not_ready
wait_until 60 all_there kube-proxy ||
  fail "$NODE_NAME $(bash /opt/hardway/objects/kube-proxy.sh | cut -f 2 | head -n 1) after 60 s: $(last_lines kube-proxy)"

# After a reboot or a replacement, the API server shows the pods as they were before, until the
# kubelet reports them. Every container that has started there must exist here. A container that the
# kubelet never reports again (its image was deleted, for example) must not stop `up`.
tasks=/run/containerd/io.containerd.runtime.v2.task/k8s.io
pods_are_reported() {
  local pods
  pods=$(ask_api "/api/v1/pods?fieldSelector=spec.nodeName=$NODE_NAME") || return
  grep -oE '"containerID":"containerd://[0-9a-f]+","started":true' <<< "$pods" | grep -oE '[0-9a-f]{64}' |
    while read -r container; do [ -d "$tasks/$container" ] || return; done
}
wait_until 30 pods_are_reported || echo "The kubelet has not reported all pods of $NODE_NAME after 30 s"
