#!/usr/bin/env bash
# The general switch is on already.
sudo sysctl -w net.ipv4.ip_forward=1
