#!/usr/bin/env bash
sudo tee /run/pod-metrics.sh > /dev/null <<'END'
declare -A seen
while sleep 0.1; do
  for path in /run/netns/cni-*; do
    name=${path##*/}
    [ -z "${seen[$name]:-}" ] && [ -n "$(ip netns pids "$name")" ] || continue
    seen[$name]=yes
    ip netns exec "$name" tail -f /dev/null &
  done
done
END
sudo systemd-run --quiet --unit=pod-metrics bash /run/pod-metrics.sh
