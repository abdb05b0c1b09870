#!/usr/bin/env bash
# worker-0 owns 10.200.0.0/24.
cat /etc/cni/net.d/10-bridge.conf
sudo sed -i 's/"cni1"/"cnio0"/; s|10.200.100.0/24|10.200.0.0/24|' /etc/cni/net.d/10-bridge.conf
# The bridge of the wrong subnet stays.
sudo ip link del cni1
