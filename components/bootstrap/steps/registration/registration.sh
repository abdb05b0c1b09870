#!/usr/bin/env bash
# This worker is a node of the cluster, and Ready.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=180

known() { this_node | grep -qF '"kind":"Node"'; }
is_ready() { this_node | grep -qF '"type":"Ready","status":"True"'; }

# What has lost the API for long asks for it again only once a minute. objects.sh noted that nobody answered.
if [ -e /run/hardway-api-away ]; then
  systemctl restart --no-block kubelet kube-proxy
  rm /run/hardway-api-away
fi

# A kubelet registers only when it starts. One that outlived its cluster (all controllers made anew) has to start again.
wait_until 10 known || systemctl restart --no-block kubelet

if ! wait_until "$limit" is_ready; then
  for unit in containerd kubelet; do echo "$unit is $(systemctl is-active "$unit" || true): $(last_lines "$unit")" >&2; done
  fail "$NODE_NAME is not Ready after $limit s"
fi
