#!/usr/bin/env bash
# The interface is not the problem.
sudo ip link set eth0 up
