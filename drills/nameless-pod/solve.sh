#!/usr/bin/env bash
# The namespace exists, because pause is in it, but it has no name.
sudo lsns -t net
sudo ip netns
# The runtime knows both: the process, and the name.
sandbox=$(sudo crictl pods --state Ready --latest --name shop --namespace drill --quiet 2> /dev/null)
sudo crictl inspectp "$sandbox" 2> /dev/null | grep -E '"(NetNSPath|pid)": "?[0-9/]'
pid=$(sudo crictl inspectp "$sandbox" 2> /dev/null | sed -n 's/^    "pid": \([0-9]*\),$/\1/p')
name=$(sudo crictl inspectp "$sandbox" 2> /dev/null | sed -n 's|.*"NetNSPath": ".*/\(.*\)".*|\1|p')
sudo ip netns attach "$name" "$pid"
