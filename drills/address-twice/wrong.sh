#!/usr/bin/env bash
# Takes the route away until the bridge comes up again, but the address stays.
sudo ip route del 10.200.1.0/24 dev cni1
sudo ip link set cni1 down
sudo ip link set cni1 up
