#!/usr/bin/env bash
systemctl is-active containerd kubelet kube-proxy
sudo journalctl -u kubelet -n 2 --no-pager
sudo systemctl start kubelet
