#!/usr/bin/env bash
# Prints the missing rules of a running kube-proxy: OBJECT, a tab, its state.
set -eu
systemctl is-active --quiet kube-proxy || exit 0

if grep -qx 'mode: nftables' /var/lib/kube-proxy/kube-proxy-config.yaml; then
  nft list chain ip kube-proxy nat-prerouting 2> /dev/null | grep -q jump || printf 'kube-proxy\thas no rules in nft table ip kube-proxy\n'
  exit
fi
rules=$(iptables-save -t nat)
lacking=
for wanted in 'PREROUTING .*-j KUBE-SERVICES' 'OUTPUT .*-j KUBE-SERVICES' 'POSTROUTING .*-j KUBE-POSTROUTING' 'KUBE-SERVICES '; do
  grep -q -- "^-A $wanted" <<< "$rules" || lacking="${lacking:+$lacking, }${wanted%% *}"
done
[ -z "$lacking" ] || printf 'kube-proxy\thas no rule in %s of iptables -t nat\n' "$lacking"
