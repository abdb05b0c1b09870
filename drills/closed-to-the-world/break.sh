#!/usr/bin/env bash
handle=$(nft -a list chain inet vpc firewall | sed -n 's/.*"allow-nodeports" # handle //p')
nft delete rule inet vpc firewall handle "$handle"
