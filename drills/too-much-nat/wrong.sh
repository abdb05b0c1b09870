#!/usr/bin/env bash
# Repaired on one worker only.
sudo iptables -t nat -D POSTROUTING -s 10.200.0.0/16 -o eth0 -j MASQUERADE
sudo iptables -t nat -A POSTROUTING -s 10.200.0.0/16 -o eth0 -j MASQUERADE
