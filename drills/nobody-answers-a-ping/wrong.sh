#!/usr/bin/env bash
# Nodes may be set to ignore pings. This one is not.
sudo sysctl -w net.ipv4.icmp_echo_ignore_all=0
