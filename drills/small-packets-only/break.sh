#!/usr/bin/env bash
sudo ip link set eth0 mtu 1400
