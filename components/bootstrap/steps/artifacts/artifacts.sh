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

# get URL FILE: nobody may send a download that began over HTTPS on to a place without it.
get() {
  case $1 in https:*) set -- "$@" --proto-redir =https ;; esac
  curl --fail --silent --show-error --location --connect-timeout 10 --retry 5 --retry-connrefused "${@:3}" --output "$2" "$1" ||
    fail "$NODE_NAME: $1 could not be downloaded"
}

# download URL DIGEST: into $file, once; several programs may come in one archive. DIGEST may be where it is published.
download() {
  file=$downloads/${1//[^A-Za-z0-9.]/_}
  [ ! -e "$file" ] || return 0
  wanted=$2
  case $2 in
    *://*)
      get "$2" "$downloads/digest"
      wanted=$(grep -oiEm 1 '^[0-9a-f]{64}' "$downloads/digest") || fail "$NODE_NAME: $2 holds no SHA-256"
      ;;
  esac
  get "$1" "$downloads/part"
  found=$(sha256sum < "$downloads/part")
  [ "${found%% *}" = "${wanted,,}" ] || fail "$NODE_NAME: $1 has SHA-256 ${found%% *}, not $wanted: refused"
  mv "$downloads/part" "$file"
}

# fetch NAME DIRECTORY URL DIGEST MEMBER: downloads and installs a program unless this very one is there.
fetch() {
  if [ -x "$2/$1" ] && [ "$(cat "$records/$1" 2> /dev/null)" = "$4 $5" ]; then return 0; fi
  download "$3" "$4"
  if [ "$5" = - ]; then
    cp "$file" "$downloads/program"
  else
    tar -xOf "$file" "$5" > "$downloads/program" || fail "$NODE_NAME: $3 holds no $5"
  fi
  install -m 755 "$downloads/program" "$2/$1.part"
  mv -f "$2/$1.part" "$2/$1"
  echo "$4 $5" > "$records/$1"
  systemctl try-restart --no-block "$1.service" 2> /dev/null || true
}

own_architecture=$(dpkg --print-architecture)
while read -r name directory architecture url digest member; do
  mkdir -p "$directory"
  if [ -x "$given/$name" ]; then
    [ "$(readlink "$directory/$name")" = "$given/$name" ] || ln -sfn "$given/$name" "$directory/$name"
  elif [ "$architecture" = "$own_architecture" ]; then
    fetch "$name" "$directory" "$url" "$digest" "$member"
  elif [ "$architecture" = - ]; then
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
