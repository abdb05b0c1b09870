#!/usr/bin/env bash
sudo ip link add cni1 type bridge
sudo ip address add 10.200.1.1/24 dev cni1
sudo ip link set cni1 up
