#!/usr/bin/env bash
# Which rule counts the packets?
sudo iptables -L FORWARD -v -n
sudo iptables -D FORWARD -i eth0 -d 10.200.1.0/24 -j DROP
