#!/usr/bin/env bash
sudo sed -i 's/"cnio0"/"cni1"/; s|10.200.0.0/24|10.200.100.0/24|' /etc/cni/net.d/10-bridge.conf
