#!/usr/bin/env bash
sudo iptables -I FORWARD -i eth0 -d 10.200.1.0/24 -j DROP
