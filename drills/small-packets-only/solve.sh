#!/usr/bin/env bash
# Compare with the other nodes: they have mtu 1500.
ip link show eth0
sudo ip link set eth0 mtu 1500
