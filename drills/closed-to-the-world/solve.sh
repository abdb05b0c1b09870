#!/usr/bin/env bash
# No rule lets in the NodePorts. Make one that names the workers.
nft list chain inet vpc firewall
workers=$(nft list set bridge vpc addresses | grep -oE '"worker-[0-9]" . [0-9.]+' | sed 's/.* //' | paste -sd,)
nft add rule inet vpc firewall ip saddr 0.0.0.0/0 ip daddr "{ $workers }" tcp dport 30000-32767 counter accept comment '"allow-nodeports"'
