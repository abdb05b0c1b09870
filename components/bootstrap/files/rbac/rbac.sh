#!/usr/bin/env bash
# Lets the API server in to the kubelets.
set -eu
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
kubectl apply --filename=/var/lib/kubernetes/kubelet-access.yaml
