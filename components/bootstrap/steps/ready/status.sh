#!/usr/bin/env bash
# Prints one JSON object: the state of each file that bootstrap placed on this node, the state of
# its services, and the drift in the cluster. /opt/hardway/objects/STEP.sh prints that drift:
# OBJECT, a tab, its state. If the student has to repair it, another tab and the cure follow.
#   {"node": "worker-0",
#    "files": [{"step": "cni", "path": "/etc/cni/net.d/10-bridge.conf",
#               "state": "ok" | "changed" | "missing"}],
#    "units": [{"unit": "containerd", "active": "active"}],
#    "objects": [{"step": "coredns", "object": "Deployment kube-system/coredns",
#                 "state": "is missing"}]}
set -eu
shopt -s nullglob
cd /var/lib/hardway/steps

# The scripts of the steps run in parallel, while this script compares the files.
objects=$(mktemp -d /run/hardway.XXXXXXXX)
trap 'rm -rf "$objects"' EXIT
look() {
  local code=0
  timeout 15 bash "/opt/hardway/objects/$1.sh" > "$objects/$1" 2> /dev/null || code=$?
  case $code in
    0) ;;
    124) printf 'API server\tdoes not answer in 15 s\n' >> "$objects/$1" ;;
    *) printf 'step %s\tcould not be looked at (exit code %s)\n' "$1" "$code" >> "$objects/$1" ;;
  esac
}
for script in /opt/hardway/objects/*.sh; do
  step=$(basename "$script" .sh)
  if [ -e "$step.sha256" ]; then look "$step" & fi
done

# file STEP PATH STATE: prints an element of `files`.
file() { printf '%s{"step":"%s","path":"%s","state":"%s"}' "$comma" "$1" "$2" "$3"; comma=,; }

printf '{"node":"%s","files":[' "$(cat /proc/sys/kernel/hostname)"
comma=
# One process computes all digests: a process for each file would take most of this script's time.
declare -A digest_of
mapfile -t placed < <(sed 's/^[^ ]* *//' ./*.sha256 < /dev/null)
while read -r digest path; do
  digest_of[$path]=$digest
done < <(sha256sum -- "${placed[@]}" < /dev/null 2> /dev/null)
for record in *.sha256; do
  step=${record%.sha256}
  while read -r wanted path; do
    if [ ! -f "$path" ]; then
      file "$step" "$path" missing
    elif [ "${digest_of[$path]:-}" = "$wanted" ]; then
      file "$step" "$path" ok
    else
      file "$step" "$path" changed
    fi
  done < "$record"
done
# Bootstrap writes only a block of /etc/hosts.
if sed -n '/^# hardway: begin$/,/^# hardway: end$/p' /etc/hosts | cmp -s - /etc/hardway/hosts; then
  file ready /etc/hosts ok
else
  file ready /etc/hosts changed
fi

# The first boot adds an iptables rule, which is in no placed file.
bash -c '. /opt/hardway/common.sh; metadata_wall_stands' || file ready 'iptables FORWARD (metadata server)' missing

# Steps also install programs, which are links or large, and set parameters of the kernel.
while read -r name directory; do
  [ -x "$directory/$name" ] || file artifacts "$directory/$name" missing
done < <(cut -d ' ' -f 1,2 /etc/hardway/programs 2> /dev/null | sort -u)
while IFS=' =' read -r name value; do
  [ "$(sysctl --values "$name")" = "$value" ] || file cni "/proc/sys/${name//.//}" changed
done < <(sed '/^#/d' /etc/sysctl.d/99-hardway.conf 2> /dev/null)

# unit ID ACTIVE ENABLED: prints an element of `units`. A drop-in of the unit counts even before
# systemd has read it.
unit() {
  local word=$2 overlays=(/etc/systemd/system{,.control}/"$1".d/* /run/systemd/system{,.control}/"$1".d/*)
  if [ "$word" = active ] && [ "$3" != enabled ]; then word=${3:-not enabled}; fi
  if [ "$word" = active ] && [ ${#overlays[@]} -gt 0 ]; then word="overridden by ${overlays[0]}"; fi
  printf '%s{"unit":"%s","active":"%s"}' "$comma" "${1%.service}" "$word"
  comma=,
}

printf '],"units":['
comma=
mapfile -t units < <(cat ./*.units | tr ' ' '\n' | sed '/^$/d; s/^[^.]*$/&.service/')
if [ ${#units[@]} -gt 0 ]; then
  declare -A of
  # systemctl prints KEY=VALUE lines, and an empty line between two units.
  while IFS='=' read -r key value; do
    if [ -n "$key" ]; then of[$key]=$value; else unit "${of[Id]}" "${of[ActiveState]}" "${of[UnitFileState]}"; fi
  done < <(systemctl show --property=Id,ActiveState,UnitFileState -- "${units[@]}" && echo)
fi

wait
printf '],"objects":['
comma=
for report in "$objects"/*; do
  # Quotes and backslashes in the output of other programs are removed: they would end the string.
  while IFS=$'\t' read -r object state cure; do
    printf '%s{"step":"%s","object":"%s","state":"%s"' "$comma" "${report##*/}" "$object" "$state"
    printf '%s}' "${cure:+,\"cure\":\"$cure\"}"
    comma=,
  done < <(tr -d '"\134' < "$report")
done
printf ']}\n'
