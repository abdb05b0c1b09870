#!/usr/bin/env bash
sudo sysctl -qw net.bridge.bridge-nf-call-iptables=0
