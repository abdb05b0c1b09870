#!/usr/bin/env bash
# Prints the drift of this worker's Node object: OBJECT, a tab, its state.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

# Exists if the API server did not answer last time. registration.sh reads it.
away=/run/hardway-api-away

if node=$(this_node); then
  grep -qF '"type":"Ready","status":"True"' <<< "$node" || printf 'Node %s\tis not Ready\n' "$NODE_NAME"
  seen=$(pod_cidrs_of "$node")
  wanted=$(declared_pod_cidrs)
  [ "$seen" = "$wanted" ] ||
    printf 'Node %s\thas the podCIDR %s, declared %s\n' "$NODE_NAME" "${seen:-(none)}" "$wanted"
elif grep -qF '"reason": "NotFound"' <<< "$node"; then
  printf 'Node %s\tis not known to the API server\n' "$NODE_NAME"
else
  no_answer "$node"
  touch "$away"
  exit
fi
rm -f "$away"
