#!/usr/bin/env bash
# kubelet needs containerd, and was stopped with it.
systemctl is-active containerd kubelet
sudo systemctl start containerd kubelet
