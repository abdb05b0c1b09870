#!/usr/bin/env bash
# How many connections does the kernel track, and how many can it?
sudo conntrack -C
sysctl net.netfilter.nf_conntrack_max
# The table is full, with connections from an address that no one uses any more.
sudo conntrack -L 2> /dev/null | head -n 3
sudo conntrack -F
