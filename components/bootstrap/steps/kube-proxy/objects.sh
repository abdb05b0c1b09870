#!/usr/bin/env bash
# Prints the missing rules of a running kube-proxy: OBJECT, a tab, its state.
set -eu
systemctl is-active --quiet kube-proxy || exit 0

config=/var/lib/kube-proxy/kube-proxy-config.yaml
families=(ip)
if grep -q '^clusterCIDR: .*,' "$config"; then families+=(ip6); fi

if grep -qx 'mode: nftables' "$config"; then
  for family in "${families[@]}"; do
    nft list chain "$family" kube-proxy nat-prerouting 2> /dev/null | grep -q jump ||
      printf 'kube-proxy\thas no rules in nft table %s kube-proxy\n' "$family"
  done
  exit
fi
for family in "${families[@]}"; do
  rules=$("${family}tables-save" -t nat)
  lacking=
  for wanted in 'PREROUTING .*-j KUBE-SERVICES' 'OUTPUT .*-j KUBE-SERVICES' 'POSTROUTING .*-j KUBE-POSTROUTING' 'KUBE-SERVICES '; do
    grep -q -- "^-A $wanted" <<< "$rules" || lacking="${lacking:+$lacking, }${wanted%% *}"
  done
  [ -z "$lacking" ] || printf 'kube-proxy\thas no rule in %s of %stables -t nat\n' "$lacking" "$family"
done
