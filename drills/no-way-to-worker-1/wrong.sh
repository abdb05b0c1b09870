#!/usr/bin/env bash
# The worker knows its own pods already.
sudo ip route replace 10.200.1.0/24 dev cnio0 proto kernel scope link src 10.200.1.1
