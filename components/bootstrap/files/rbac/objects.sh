#!/usr/bin/env bash
# The API server's rights at the kubelets, where that is not as it was asked for: OBJECT, a tab, how it is.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
differing /var/lib/kubernetes/kubelet-access.yaml
