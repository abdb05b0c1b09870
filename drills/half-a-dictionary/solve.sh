#!/usr/bin/env bash
# For which domain does CoreDNS answer?
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
sudo -E kubectl -n kube-system get configmap coredns -o yaml | grep kubernetes
sudo -E kubectl -n kube-system get configmap coredns -o yaml | sed 's/cluster\.lokal/cluster.local/' | sudo -E kubectl replace -f -
sudo -E kubectl -n kube-system rollout restart deployment/coredns
sudo -E kubectl -n kube-system rollout status deployment/coredns --timeout=25s
