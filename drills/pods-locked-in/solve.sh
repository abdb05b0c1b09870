#!/usr/bin/env bash
# The node forwards packets, but not those that come in from cnio0.
sysctl net.ipv4.ip_forward net.ipv4.conf.eth0.forwarding net.ipv4.conf.cnio0.forwarding
sudo sysctl -w net.ipv4.conf.cnio0.forwarding=1
