#!/usr/bin/env bash
ip route replace 10.200.1.0/24 via 10.240.0.20
