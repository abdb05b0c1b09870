#!/usr/bin/env bash
# Which protocols may pass inside the VPC?
nft list chain inet vpc firewall
# ICMP from nodes and pods has no rule. Add it.
nft add rule inet vpc firewall ip saddr '{ 10.200.0.0/16, 10.240.0.0/24 }' ip protocol icmp counter accept comment '"allow-internal-icmp"'
