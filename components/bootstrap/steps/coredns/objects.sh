#!/usr/bin/env bash
# The add-on for DNS, where that is not as it was asked for: OBJECT, a tab, how it is.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
differing /var/lib/kubernetes/coredns.yaml
