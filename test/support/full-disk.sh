#!/bin/bash
# unshare --mount full-disk.sh LAB DIRECTORY OPTIONS [FULL_AT]: runs a lab on a disk that is too small, or that fills during
# `up`. Needs its own mount namespace. DIRECTORY becomes a tmpfs with the mount options OPTIONS. With FULL_AT, a file
# pattern, the tmpfs is filled as soon as a matching file exists. Prints the output and exit code of each command.
set -u
cd "$(dirname "$0")/../.." || exit
lab=$1 directory=$2 options=$3 full_at=${4:-}

# lab_says NAME COMMAND...: runs ./lab COMMAND and prints its output and exit code under NAME.
lab_says() {
  local name=$1
  shift
  echo "== $name"
  ./lab "$@" 2>&1
  echo "== exit $?"
}

mkdir -p "$directory"
mount -t tmpfs -o "$options" tmpfs "$directory"
up() { lab_says up up "$lab" --yes --stage none --set controllers=1 --set workers=1; }
if [ -z "$full_at" ]; then
  up
else
  up > "$directory.printed" &
  # The loop ends at the latest with the command.
  until compgen -G "$full_at" > "$directory.found" || ! kill -0 $! 2> "$directory.found"; do sleep 0.02; done
  dd if=/dev/zero of="$directory/filler" bs=1M status=none 2> "$directory.found"
  wait
  cat "$directory.printed"
  lab_says 'down on a full disk' down "$lab" --yes
  rm -f "$directory/filler" "$directory.printed" "$directory.found"
  lab_says 'down with room' down "$lab" --yes
fi
echo '== left'
find "${HARDWAY_CLOUD:-/var/lib/hardway}" -name "$lab" 2> /dev/null
find "$HARDWAY_STATE" \( -name "$lab.json" -o -name "Pulumi.$lab.yaml" \) 2> /dev/null
ip netns list | grep -F "$lab."
echo '== exit 0'
umount "$directory"
