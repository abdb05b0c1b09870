#!/usr/bin/env bash
sudo rm -f /run/pod-metrics.sh
