#!/usr/bin/env bash
# A restart reads the same file again.
sudo kubectl --kubeconfig /var/lib/kubernetes/admin.kubeconfig -n kube-system rollout restart deployment/coredns
sudo kubectl --kubeconfig /var/lib/kubernetes/admin.kubeconfig -n kube-system rollout status deployment/coredns --timeout=25s
