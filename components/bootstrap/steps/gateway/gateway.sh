#!/usr/bin/env bash
# Started here and waited for: the machines behind it begin as soon as this session is over.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

systemctl start hardway-gateway || fail "$NODE_NAME is no gateway: $(last_lines hardway-gateway)"
