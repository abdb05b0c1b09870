#!/usr/bin/env bash
# Prints each address of the pods' bridge that is not the declared one: OBJECT, a tab, its state.
# An edited CNI file leaves such an address. The bridge plugin adds no second one: new pods fail.
set -eu
files=(/etc/cni/net.d/10-bridge.conf*)
subnet=$(sed -n 's|.*"subnet": "\([0-9.]*\)\.0/24".*|\1|p' "${files[@]}" 2> /dev/null || true)
# status.sh reports an edited or missing CNI file.
[ -n "$subnet" ] || exit 0
declared=$subnet.1/24

while read -r address; do
  [ "$address" = "$declared" ] ||
    printf 'cnio0\thas the address %s, declared %s: new pods fail until it is removed\n' \
      "$address" "$declared"
done < <(ip -4 -oneline address show dev cnio0 2> /dev/null | awk '{ print $4 }')
