#!/usr/bin/env bash
# The table has no cache.
sudo ip route flush cache
