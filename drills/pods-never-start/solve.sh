#!/usr/bin/env bash
# The type "bridge" of the CNI file is the name of a program.
ls /opt/cni/bin
sudo mv /opt/cni/bin/bridge.old /opt/cni/bin/bridge
# Deletes the sandboxes that failed meanwhile. kubelet would do so much later.
sudo crictl --timeout 10s pods --state NotReady --quiet 2> /dev/null | xargs --no-run-if-empty sudo crictl --timeout 20s rmp --force
