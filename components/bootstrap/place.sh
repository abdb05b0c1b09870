#!/usr/bin/env bash
# place.sh STAGING [SECONDS]: takes this machine through the steps of STAGING/steps.list. A step's files are put where they belong,
# then its script and its services run. Only what differs is written, and a service is started again only when a file
# of its step was. Afterwards /var/lib/hardway/steps/STEP.sha256 lists the files with their digests, for `sha256sum --check`.
# After SECONDS everything that still runs is ended, and the message names the step.
set -eu
umask 022

staging=$1
if [ -n "${2:-}" ]; then
  code=0
  timeout --kill-after=10 "$2" bash "$0" "$staging" || code=$?
  case $code in
    124 | 137)
      stalled=$(cat "$staging/current" 2> /dev/null || echo 'the placing of files')
      echo "$(cat /proc/sys/kernel/hostname): $stalled did not finish: ended after $2 s, the limit of the whole session" >&2
      ;;
  esac
  exit "$code"
fi

records=/var/lib/hardway/steps
mkdir -p "$records"
mapfile -t steps < "$staging/steps.list"

# put STEP: its files. $staging/steps/STEP/changed then lists those that were not there before as they are now.
put() {
  local own=$staging/steps/$1 record=$records/$1.sha256
  echo "step $1 (placing its files)" > "$staging/current"
  mkdir -p "$own/root"
  cd "$own/root"
  # What only the node knows (its cgroup version, say) is filled in here, so that the files read as plain values.
  [ ! -e ../prepare.sh ] || bash ../prepare.sh
  find . -type f -printf '%P\n' | sort | xargs -r sha256sum | sed 's|  |  /|' > ../record
  [ -e "$record" ] || : > "$record"

  # A file counts as changed until the step that placed it has succeeded, so an interrupted step starts its services too.
  : > ../changed
  while read -r digest path; do
    if ! cmp -s ".$path" "$path"; then
      mkdir -p "${path%/*}"
      # Renamed into place: nobody reads half a file, and a running script keeps the one that it started with.
      cp -p ".$path" "$path.placed"
      mv -f "$path.placed" "$path"
    elif [ "$(stat -c %a "$path")" != "$(stat -c %a ".$path")" ]; then
      chmod "$(stat -c %a ".$path")" "$path"
    elif grep -qxF "$digest  $path" "$record"; then
      continue
    fi
    echo "$path" >> ../changed
  done < ../record

  # What somebody laid over a service (systemctl edit): its own file is all that there is to it.
  local units unit overlay
  read -r -a units < ../units || true
  for unit in "${units[@]}"; do
    for overlay in /etc/systemd/system{,.control}/"$unit".service.d /run/systemd/system{,.control}/"$unit".service.d; do
      [ -e "$overlay" ] || continue
      rm -rf "$overlay"
      echo "/etc/systemd/system/$unit.service" >> ../changed
    done
  done

  # What the step once placed and places no more.
  while read -r _ path; do
    cut -d ' ' -f 3- ../record | grep -qxF "$path" || rm -f "$path"
  done < "$record"
}

# Asked of one after the other: of several, systemctl is content with one that is enabled.
all_enabled() {
  for unit in "${all_units[@]}"; do systemctl is-enabled --quiet "$unit" || return 1; done
}

# run STEP: its script and its services.
run() {
  local own=$staging/steps/$1 units
  echo "step $1" > "$staging/current"
  export CHANGED_FILES=$own/changed
  [ ! -e "/opt/hardway/steps/$1.sh" ] || bash "/opt/hardway/steps/$1.sh"
  read -r -a units < "$own/units" || true
  for unit in "${units[@]}"; do run_service "$unit"; done
  install -m 644 "$own/record" "$records/$1.sha256"
  install -m 644 "$own/units" "$records/$1.units"
  if [ -s "$own/changed" ]; then sed "s/^/$1: placed /" "$own/changed"; else echo "$1: nothing to place"; fi
}

for step in "${steps[@]}"; do put "$step"; done
cd /
read -r -a all_units < <(cat "$staging"/steps/*/units | tr '\n' ' ') || true
if [ ${#all_units[@]} -gt 0 ]; then
  if cat "$staging"/steps/*/changed | grep -q '^/etc/systemd/system/' || ! all_enabled; then
    systemctl enable --quiet --no-reload "${all_units[@]}"
    systemctl daemon-reload
  fi
fi
# shellcheck source=../ready/common.sh
. /opt/hardway/common.sh
for step in "${steps[@]}"; do run "$step"; done
