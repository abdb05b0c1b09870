#!/usr/bin/env bash
# The sender already has the right size.
sudo ip link set eth0 mtu 1500
