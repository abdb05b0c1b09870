#!/usr/bin/env bash
# A restart of no pod is no pod.
sudo kubectl --kubeconfig /var/lib/kubernetes/admin.kubeconfig -n kube-system delete pod -l k8s-app=kube-dns
