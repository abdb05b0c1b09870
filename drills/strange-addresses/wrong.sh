#!/usr/bin/env bash
# Half of the repair: the pods are on the old bridge again, with addresses of the wrong subnet.
sudo sed -i 's/"cni1"/"cnio0"/' /etc/cni/net.d/10-bridge.conf
sudo sed -i 's/"cnio0"/"cni1"/' /etc/cni/net.d/10-bridge.conf
