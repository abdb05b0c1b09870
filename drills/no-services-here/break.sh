#!/usr/bin/env bash
sudo systemctl stop kube-proxy
sudo iptables -t nat -F KUBE-SERVICES
