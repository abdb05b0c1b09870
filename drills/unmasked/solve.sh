#!/usr/bin/env bash
grep ipMasq /etc/cni/net.d/10-bridge.conf
sudo sed -i 's/"ipMasq": false/"ipMasq": true/' /etc/cni/net.d/10-bridge.conf
