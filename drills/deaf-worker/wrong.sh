#!/usr/bin/env bash
# The runtime does what kubelet says, but no one says anything.
sudo systemctl restart kube-proxy
