#!/usr/bin/env bash
# Replies on the bridge pass by iptables, so no rule translates them back.
sysctl net.bridge.bridge-nf-call-iptables
sudo sysctl -w net.bridge.bridge-nf-call-iptables=1
