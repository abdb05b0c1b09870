#!/usr/bin/env bash
sudo bash -c '
  export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
  kubectl -n kube-system get configmap coredns -o yaml | sed "s/cluster\.local/cluster.lokal/" | kubectl replace -f -
  kubectl -n kube-system rollout restart deployment/coredns
  kubectl -n kube-system rollout status deployment/coredns --timeout=25s'
