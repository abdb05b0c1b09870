#!/usr/bin/env bash
sudo sysctl -qw net.ipv4.ip_forward=0
