#!/usr/bin/env bash
# The node would forward. It gets nothing to forward.
sudo sysctl -w net.ipv4.ip_forward=1
