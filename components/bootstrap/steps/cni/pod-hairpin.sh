#!/usr/bin/env bash
# Sets hairpin mode on every port of the pods' bridge. Without it, a bridge sends no packet back
# through the port that the packet came from, so a pod can't reach itself through its service.
# The bridge plugin has `hairpinMode`, but the article's CNI file stays as printed.
set -eu

set_all() {
  local port mode
  for port in /sys/class/net/cnio0/brif/*; do
    # Skips a port of a pod that ends in this moment.
    { read -r mode < "$port/hairpin_mode"; } 2> /dev/null || continue
    [ "$mode" = 1 ] || bridge link set dev "${port##*/}" hairpin on 2> /dev/null || true
  done
}

# next_event OPTION...: reads a line of the monitor. If the monitor has ended, the script ends, and
# systemd starts it again. The exit code of a timeout is above 128.
next_event() {
  local code=0
  read -r "$@" -u "${MONITOR[0]}" _ || code=$?
  [ "$code" -eq 0 ] || [ "$code" -gt 128 ] || exit 1
}

coproc MONITOR { exec ip -oneline monitor link; }
while true; do
  set_all
  # After 30 s without an event, all ports are set again: events before the monitor starts are lost.
  next_event -t 30
  # One pass is enough for all queued events.
  while read -r -t 0 -u "${MONITOR[0]}"; do next_event; done
done
