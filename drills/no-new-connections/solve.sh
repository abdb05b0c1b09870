#!/usr/bin/env bash
# How many connections does the kernel track, and how many can it?
sudo conntrack -C
sysctl net.netfilter.nf_conntrack_max
# The table is full. Who owns these connections?
sudo conntrack -L 2> /dev/null | grep 192.0.2 | head -n 2
# No program of the node does. Which unit is not from the lab?
systemctl list-units --type=service --state=running --no-pager --no-legend
sudo systemctl stop load-test
sudo conntrack -F
