#!/usr/bin/env bash
# place.sh STAGING [SECONDS]: runs the steps in STAGING/steps.list on this node. First it places the
# files of all steps, then it runs each step's script and services. It writes only files that differ,
# and restarts a service only if a file of its step was written. At the end
# /var/lib/hardway/steps/STEP.sha256 lists the files with their digests, for `sha256sum --check`.
# After SECONDS it ends all processes of the session, and prints the step that did not finish.
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

# put STEP: places the step's files, and lists those that differed in $staging/steps/STEP/changed.
put() {
  local own=$staging/steps/$1 record=$records/$1.sha256
  echo "step $1 (placing its files)" > "$staging/current"
  mkdir -p "$own/root"
  cd "$own/root"
  # prepare.sh fills in values that are known only on the node, such as the cgroup version.
  [ ! -e ../prepare.sh ] || bash ../prepare.sh
  find . -type f -printf '%P\n' | sort | xargs -r sha256sum | sed 's|  |  /|' > ../record
  [ -e "$record" ] || : > "$record"

  # A file counts as changed until its step has succeeded, so that an interrupted step still
  # restarts its services.
  : > ../changed
  while read -r digest path; do
    if ! cmp -s ".$path" "$path"; then
      mkdir -p "${path%/*}"
      # Renamed into place: no process reads half a file, and a running script keeps its old file.
      cp -p ".$path" "$path.placed"
      mv -f "$path.placed" "$path"
    elif [ "$(stat -c %a "$path")" != "$(stat -c %a ".$path")" ]; then
      chmod "$(stat -c %a ".$path")" "$path"
    elif grep -qxF "$digest  $path" "$record"; then
      continue
    fi
    echo "$path" >> ../changed
  done < ../record

  # Removes overrides of a service (systemctl edit): only the step's own unit file applies.
  local units unit overlay
  read -r -a units < ../units || true
  for unit in "${units[@]}"; do
    for overlay in /etc/systemd/system{,.control}/"$unit".service.d /run/systemd/system{,.control}/"$unit".service.d; do
      [ -e "$overlay" ] || continue
      rm -rf "$overlay"
      echo "/etc/systemd/system/$unit.service" >> ../changed
    done
  done

  # Removes files that the step placed earlier and does not place any more.
  while read -r _ path; do
    cut -d ' ' -f 3- ../record | grep -qxF "$path" || rm -f "$path"
  done < "$record"
}

# all_enabled: true if every unit is enabled. Of several units, systemctl accepts one that is enabled.
all_enabled() {
  for unit in "${all_units[@]}"; do systemctl is-enabled --quiet "$unit" || return 1; done
}

# run STEP: runs the step's script and its services.
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
