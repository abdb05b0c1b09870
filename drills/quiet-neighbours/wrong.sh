#!/usr/bin/env bash
# The rules are right. They are not asked.
sudo systemctl restart kube-proxy
