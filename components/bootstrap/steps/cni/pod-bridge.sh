#!/usr/bin/env bash
# Makes the pods' bridge before the first of them does, for what can be set on no bridge that isn't there.
# A node remembers for long which MAC had an address, and a new pod's own announcement is lost, as its port on the bridge
# opens a moment later. So a pod that has an address after another one (addresses begin anew where somebody edited the CNI
# file, say) would not be reached for eight seconds: five of delay, three of asking the old MAC. Here the first packet
# that nothing confirms ends what was remembered, and the next one asks everybody.
set -eu
[ -e /sys/class/net/cnio0 ] || ip link add cnio0 type bridge
sysctl --quiet --write \
  net.ipv4.neigh.cnio0.delay_first_probe_time=0 \
  net.ipv4.neigh.cnio0.ucast_solicit=0
