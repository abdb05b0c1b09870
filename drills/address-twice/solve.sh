#!/usr/bin/env bash
# The pods' subnet leads to two interfaces.
ip route
# cni1 has no pod.
bridge link
sudo ip link del cni1
