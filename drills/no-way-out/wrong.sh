#!/usr/bin/env bash
# The node itself has a default route already.
sudo ip route replace default via 10.240.0.1 dev eth0
