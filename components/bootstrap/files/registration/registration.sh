#!/usr/bin/env bash
# This worker is a node of the cluster, and Ready.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=180

known() { this_node | grep -qF '"kind":"Node"'; }
is_ready() { this_node | grep -qF '"type":"Ready","status":"True"'; }

# A kubelet registers only when it starts. One that outlived its cluster (all controllers made anew) has to start again.
wait_until 10 known || systemctl restart --no-block kubelet

if ! wait_until "$limit" is_ready; then
  for unit in containerd kubelet; do echo "$unit is $(systemctl is-active "$unit" || true): $(last_lines "$unit")" >&2; done
  fail "$NODE_NAME is not Ready after $limit s"
fi

# A node that was cordoned takes no pods.
if this_node | grep -qF '"unschedulable":true'; then
  this_node --request PATCH --header 'Content-Type: application/merge-patch+json' --data '{"spec":{"unschedulable":null}}' > /dev/null
fi
