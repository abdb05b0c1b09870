#!/usr/bin/env bash
# pod-ipv6.sh PODS: prepares a dual-stack worker for its first pod. PODS is the IPv6 pod network.
# pod-bridge.service runs it after pod-bridge.sh.
#
# Pods reach each other over IPv6 without address translation. With ipMasq, the bridge plugin
# appends a rule for each pod to the chain POSTROUTING of ip6tables; the rule here comes before
# them. kube-proxy puts its own rule at the start of the chain, so services still work.
#
# The neighbour settings are those of pod-bridge.sh, which explains them.
set -eu
rule=(POSTROUTING -s "$1" -d "$1" -m comment --comment "pods need no NAT" -j ACCEPT)
ip6tables -w -t nat -C "${rule[@]}" 2> /dev/null || ip6tables -w -t nat -A "${rule[@]}"
sysctl --quiet --write \
  net.ipv6.neigh.cnio0.delay_first_probe_time=0 \
  net.ipv6.neigh.cnio0.ucast_solicit=0
