#!/usr/bin/env bash
ip route del 10.200.1.0/24
