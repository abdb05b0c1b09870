#!/usr/bin/env bash
# Creates the pods' bridge before the first pod does, because both settings need an existing bridge.
#
# A node keeps the MAC of a pod's address in its neighbour table. A new pod announces its own MAC,
# but the announcement is lost: the pod's port on the bridge opens a moment later. A new pod may
# have the address of a former pod, for example after an edit of the CNI file. Without the settings,
# the node reaches such a pod only after eight seconds: five of delay, three of probes to the old
# MAC. With the settings, the first unconfirmed packet ends the old entry, and the node asks for the
# MAC by broadcast before the next one.
set -eu
[ -e /sys/class/net/cnio0 ] || ip link add cnio0 type bridge
sysctl --quiet --write \
  net.ipv4.neigh.cnio0.delay_first_probe_time=0 \
  net.ipv4.neigh.cnio0.ucast_solicit=0
