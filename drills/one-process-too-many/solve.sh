#!/usr/bin/env bash
# Which unit does the process belong to?
ps -o pid,unit,args -C tail
systemctl status --no-pager --lines=0 pod-metrics
sudo systemctl stop pod-metrics
