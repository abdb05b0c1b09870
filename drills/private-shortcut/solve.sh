#!/usr/bin/env bash
# The VPC knows the way to other workers. This worker should not.
ip route
sudo ip route del 10.200.1.0/24 via 10.240.0.21
