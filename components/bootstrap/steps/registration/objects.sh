#!/usr/bin/env bash
# What the cluster knows of this worker, where that is not as it was: OBJECT, a tab, how it is.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

# For registration.sh.
away=/run/hardway-api-away

if node=$(this_node); then
  grep -qF '"type":"Ready","status":"True"' <<< "$node" || printf 'Node %s\tis not Ready\n' "$NODE_NAME"
elif grep -qF '"reason": "NotFound"' <<< "$node"; then
  printf 'Node %s\tis not known to the API server\n' "$NODE_NAME"
else
  no_answer "$node"
  touch "$away"
  exit
fi
rm -f "$away"
