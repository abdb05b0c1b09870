#!/usr/bin/env bash
# This worker is a node of the cluster, and Ready.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=180

# What the API server knows of this node. Any controller would do: they share their data.
node() {
  for controller in $CONTROLLERS; do
    curl --silent --show-error --fail-with-body --connect-timeout 2 --max-time 5 --cacert /var/lib/kubernetes/ca.pem \
      --cert "/var/lib/kubelet/$NODE_NAME.pem" --key "/var/lib/kubelet/$NODE_NAME-key.pem" \
      "https://${controller#*=}:$API_PORT/api/v1/nodes/$NODE_NAME" | tr -d ' \n' && return 0
  done
  return 1
}

known() { node | grep -qF '"kind":"Node"'; }
is_ready() { node | grep -qF '"type":"Ready","status":"True"'; }

# A kubelet registers only when it starts. One that outlived its cluster (all controllers made anew) has to start again.
wait_until 10 known || systemctl restart --no-block kubelet

if ! wait_until "$limit" is_ready; then
  for unit in containerd kubelet; do echo "$unit is $(systemctl is-active "$unit" || true): $(last_lines "$unit")" >&2; done
  fail "$NODE_NAME is not Ready after $limit s"
fi
