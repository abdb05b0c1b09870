#!/usr/bin/env bash
sudo bash -c '
  export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig
  kubectl -n kube-system scale deployment coredns --replicas=0
  kubectl -n kube-system wait --for=delete pod -l k8s-app=kube-dns --timeout=25s'
