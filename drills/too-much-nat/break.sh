#!/usr/bin/env bash
sudo iptables -t nat -A POSTROUTING -s 10.200.0.0/16 -o eth0 -j MASQUERADE
