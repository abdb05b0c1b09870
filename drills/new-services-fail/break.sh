#!/usr/bin/env bash
sudo systemctl stop kube-proxy
