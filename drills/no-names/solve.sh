#!/usr/bin/env bash
# On your host: ./lab kubectl -- -n kube-system scale ...
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
sudo -E kubectl -n kube-system get deployment,endpoints
sudo -E kubectl -n kube-system scale deployment coredns --replicas=1
sudo -E kubectl -n kube-system rollout status deployment/coredns --timeout=25s
