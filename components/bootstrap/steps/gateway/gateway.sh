#!/usr/bin/env bash
# Starts the service and waits for it: private nodes begin as soon as this session has ended.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

systemctl start hardway-gateway || fail "$NODE_NAME is no gateway: $(last_lines hardway-gateway)"
