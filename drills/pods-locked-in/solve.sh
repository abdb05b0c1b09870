#!/usr/bin/env bash
# May this node pass on packets of others?
sysctl net.ipv4.ip_forward
sudo sysctl -w net.ipv4.ip_forward=1
