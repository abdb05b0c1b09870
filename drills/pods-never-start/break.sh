#!/usr/bin/env bash
sudo mv /opt/cni/bin/bridge /opt/cni/bin/bridge.old
