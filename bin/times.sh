#!/usr/bin/env bash
# How long a lab takes, everything it is made of being there: times.sh [ROUNDS]. Prints the least and the median of each.
# Uses a lab of its own, local-times, and removes it.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-3}
lab=local-times
times=$(mktemp -d)
trap './lab down "$lab" --yes > /dev/null 2>&1 || true; rm -rf "$times"' EXIT

# timed NAME COMMAND…: what it prints is kept only if it fails.
timed() {
  local name=$1 start end
  shift
  start=$(date +%s%N)
  "$@" > "$times/output" 2>&1 || { cat "$times/output" >&2; exit 1; }
  end=$(date +%s%N)
  echo $(((end - start) / 1000000)) >> "$times/$name.ms"
}

for ((round = 0; round < rounds; round++)); do
  timed up ./lab up "$lab" --yes
  timed no-op-up ./lab up "$lab" --yes
  timed verify ./lab verify "$lab"
  timed down ./lab down "$lab" --yes
done

printf '%-10s %8s %8s\n' '' least median
for name in up no-op-up verify down; do
  sort -n "$times/$name.ms" | awk -v name="$name" '
    { value[NR] = $1 / 1000 }
    END { printf "%-10s %6.1f s %6.1f s\n", name, value[1], value[int((NR + 1) / 2)] }'
done
