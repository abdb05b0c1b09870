#!/usr/bin/env bash
# Which pods have a port on the bridge?
ip -br link show type veth
bridge link
# One veth has no master.
veth=$(ip -o link show type veth | grep -v master | grep -o 'veth[0-9a-f]*')
sudo ip link set "$veth" master cnio0
