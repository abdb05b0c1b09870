#!/usr/bin/env bash
sudo ip route add 10.200.1.0/24 via 10.240.0.21
