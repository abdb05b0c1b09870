#!/usr/bin/env bash
# Puts the programs of /etc/hardway/programs in place: links to /opt/artifacts where the machine was given them,
# else checked downloads. Then the packages of /etc/hardway/packages, if the machine lacks one of their commands.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

given=/opt/artifacts
records=/var/lib/hardway/programs
downloads=$(mktemp -d /var/tmp/hardway.XXXXXXXX)
trap 'rm -rf "$downloads"' EXIT
mkdir -p "$records"

# download URL SHA256: into $downloads/SHA256, once; several programs may come in one archive.
download() {
  [ ! -e "$downloads/$2" ] || return 0
  curl --fail --silent --show-error --location --retry 5 --retry-connrefused --output "$downloads/part" "$1" ||
    fail "$NODE_NAME: $1 could not be downloaded"
  found=$(sha256sum < "$downloads/part")
  [ "${found%% *}" = "$2" ] || fail "$NODE_NAME: $1 has SHA-256 ${found%% *}, not $2: refused"
  mv "$downloads/part" "$downloads/$2"
}

# fetch NAME DIRECTORY URL SHA256 MEMBER: downloads and installs a program unless this very one is there.
fetch() {
  if [ -x "$2/$1" ] && [ "$(cat "$records/$1" 2> /dev/null)" = "$4 $5" ]; then return 0; fi
  download "$3" "$4"
  if [ "$5" = - ]; then
    cp "$downloads/$4" "$downloads/program"
  else
    tar -xOf "$downloads/$4" "$5" > "$downloads/program" || fail "$NODE_NAME: $3 holds no $5"
  fi
  install -m 755 "$downloads/program" "$2/$1.part"
  mv -f "$2/$1.part" "$2/$1"
  echo "$4 $5" > "$records/$1"
  systemctl try-restart --no-block "$1.service" 2> /dev/null || true
}

while read -r name directory url sha256 member; do
  mkdir -p "$directory"
  if [ -x "$given/$name" ]; then
    [ "$(readlink "$directory/$name")" = "$given/$name" ] || ln -sfn "$given/$name" "$directory/$name"
  elif [ "$url" != - ]; then
    fetch "$name" "$directory" "$url" "$sha256" "$member"
  else
    fail "$NODE_NAME: $name is neither in $given nor among the downloads"
  fi
done < /etc/hardway/programs

missing=()
while read -r command package; do
  command -v "$command" > /dev/null || missing+=("$package")
done < /etc/hardway/packages
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  # The first boot's own apt run may hold the lock.
  { apt-get -qq -o DPkg::Lock::Timeout=300 update && apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${missing[@]}"; } > /dev/null ||
    fail "$NODE_NAME: the packages ${missing[*]} could not be installed"
fi
