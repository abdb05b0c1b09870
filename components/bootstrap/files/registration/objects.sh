#!/usr/bin/env bash
# What the cluster knows of this worker, where that is not as it was: OBJECT, a tab, how it is.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

if ! node=$(this_node); then
  case $node in
    *'"reason": "NotFound"'*) printf 'Node %s\tis not known to the API server\n' "$NODE_NAME" ;;
    *) no_answer "$node" ;;
  esac
  exit
fi
grep -qF '"type":"Ready","status":"True"' <<< "$node" || printf 'Node %s\tis not Ready\n' "$NODE_NAME"
