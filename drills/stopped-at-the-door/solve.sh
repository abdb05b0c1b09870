#!/usr/bin/env bash
# Which nodes may forward packets for others?
nft list set bridge vpc can_ip_forward
nft add element bridge vpc can_ip_forward '{ "worker-1" }'
