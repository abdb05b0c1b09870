#!/usr/bin/env bash
sudo sed -i 's/"ipMasq": true/"ipMasq": false/' /etc/cni/net.d/10-bridge.conf
