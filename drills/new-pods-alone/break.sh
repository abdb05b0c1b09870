#!/usr/bin/env bash
sudo sed -i 's/"cnio0"/"cni1"/' /etc/cni/net.d/10-bridge.conf
