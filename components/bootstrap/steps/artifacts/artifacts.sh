#!/usr/bin/env bash
# Installs the programs in /etc/hardway/programs: as links to /opt/artifacts if it has them, otherwise
# as verified downloads. Then installs the packages in /etc/hardway/packages if a command is missing.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

given=/opt/artifacts
records=/var/lib/hardway/programs
downloads=$(mktemp -d /var/tmp/hardway.XXXXXXXX)
trap 'rm -rf "$downloads"' EXIT
mkdir -p "$records"

# Below stall_bytes per second for stall_seconds, curl ends the transfer and tries again.
stall_bytes=1024
stall_seconds=30
transfer_seconds=300
retries=5
apt_limit=300
apt_pause=5

# get URL FILE: downloads a file. A redirect from HTTPS to HTTP is refused. Limits: 10 s to connect,
# 30 s for a stall, 300 s for one transfer, and new attempts only in the first 300 s.
get() {
  case $1 in https:*) set -- "$@" --proto-redir =https ;; esac
  curl --fail --silent --show-error --location --connect-timeout 10 \
    --speed-limit "$stall_bytes" --speed-time "$stall_seconds" --max-time "$transfer_seconds" \
    --retry "$retries" --retry-all-errors --retry-max-time 300 "${@:3}" --output "$2" "$1" ||
    fail "$NODE_NAME: $1 could not be downloaded"
}

# download URL DIGEST: downloads to $file, once for several programs in one archive. DIGEST may be the
# URL that publishes the digest.
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

# unpack MEMBER: extracts a member of $file to $downloads/program. A name in a tar archive may begin
# with `./`, so both forms are tried.
unpack() {
  local other=./$1
  case $1 in ./*) other=${1#./} ;; esac
  tar -xOf "$file" "$1" > "$downloads/program" 2> /dev/null || tar -xOf "$file" "$other" > "$downloads/program"
}

# fetch NAME DIRECTORY URL DIGEST MEMBER: downloads and installs a program, unless it is installed.
fetch() {
  if [ -x "$2/$1" ] && [ "$(cat "$records/$1" 2> /dev/null)" = "$4 $5" ]; then return 0; fi
  download "$3" "$4"
  if [ "$5" = - ]; then
    cp "$file" "$downloads/program"
  else
    unpack "$5" || fail "$NODE_NAME: $3 holds no $5"
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

# install_packages: updates the lists and installs. apt waits for dpkg's lock only, not for the lists'.
install_packages() {
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=5 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)
  if { timeout 120 "${apt[@]}" update && timeout 240 "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"; } > "$downloads/apt" 2>&1; then
    return 0
  fi
  sleep "$apt_pause"
  return 1
}

if [ ${#missing[@]} -gt 0 ]; then
  # Without this setting, needrestart would restart services during a step.
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  # The apt run of the first boot may hold either lock for minutes.
  wait_until "$apt_limit" install_packages ||
    fail "$NODE_NAME: the packages ${missing[*]} could not be installed in $apt_limit s: $(tail -n 2 "$downloads/apt")"
fi
