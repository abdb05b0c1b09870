#!/usr/bin/env bash
# One route for each worker? worker-1 has none.
ip route
ip route add 10.200.1.0/24 via 10.240.0.21
