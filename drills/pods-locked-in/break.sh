#!/usr/bin/env bash
sudo sysctl -qw net.ipv4.conf.cnio0.forwarding=0
