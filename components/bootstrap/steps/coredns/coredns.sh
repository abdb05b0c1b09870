#!/usr/bin/env bash
# Applies the DNS add-on, which resolves the cluster's own names. Its address is in every pod's
# resolv.conf.
set -eu
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

kubectl apply --filename=/var/lib/kubernetes/coredns.yaml
