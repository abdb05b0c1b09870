#!/usr/bin/env bash
# Prints the drift of the DNS add-on: OBJECT, a tab, its state.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
differing /var/lib/kubernetes/coredns.yaml
