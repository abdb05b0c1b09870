#!/usr/bin/env bash
# A name alone is not enough: it belongs to a new, empty namespace.
sudo ip netns add shop
sudo ip netns del shop
