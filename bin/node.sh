#!/bin/sh
# Prints the path of a Node.js that fits this project: of the host, else of this project's cache.
# Downloads Node.js into the cache if neither has one; never installs it into the system.
set -eu

# As in package.json's "engines".
OLDEST=22

# The Node.js that is downloaded, and npm for the source that lacks it.
# A version bump takes new digests: those of SHASUMS256.txt beside the release, and
# `npm view NAME@VERSION dist.integrity` of the packages. Both sources hold the same bin/node.
VERSION=24.21.0
NPM_VERSION=11.21.2
NPM_SHA512=7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==

# Sets what differs between architectures.
choose_architecture() {
  case $(uname -m) in
    x86_64 | amd64)
      arch=x64
      sha256=6e1db87ef58b8819e5d5402eff1536491b18edd8eb7bee5ef7897876e88dc5ff
      sha512=3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==
      ;;
    aarch64 | arm64)
      arch=arm64
      sha256=724282c3b43aec998aa9527380465b45d229e021b58035f5f4f63095eabfe5d5
      sha512=FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==
      ;;
    *)
      fail "No Node.js $VERSION exists for this processor ($(uname -m)), only for x86-64 and arm64." \
        "Install Node.js $OLDEST or later yourself, then start again."
      ;;
  esac
}

# Space for the unpacked files and the archives, in kilobytes.
NEEDED_KILOBYTES=400000

say() { printf '%s\n' "$@" >&2; }

fail() {
  say "$@"
  exit 3
}

# Prints the program behind a Node.js that is new enough. A shim (asdf, volta) works only with its
# user's HOME, not as root.
real_node() {
  "$1" -e "
    if (parseInt(process.versions.node) < $OLDEST) process.exit(1);
    process.stdout.write(process.execPath);
  " 2>/dev/null
}

# Prints the first Node.js of the host that fits: on PATH, else where usual installers put it.
host_node() {
  for candidate in node nodejs /usr/local/bin/node \
    "${NVM_DIR:-${HOME:-/root}/.nvm}"/versions/node/*/bin/node; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    if real_node "$path"; then return 0; fi
  done
  return 1
}

# As util/directories.ts has it.
cache=${HARDWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hardway}/node

# Sets the first program for downloads that exists. Ends the program if none does.
choose_downloader() {
  for downloader in curl wget python3 /usr/lib/apt/apt-helper; do
    if command -v "$downloader" >/dev/null 2>&1; then return 0; fi
  done
  fail "This host has no Node.js $OLDEST or later, and no program to download it with." \
    "Install curl (Debian, Ubuntu: apt-get install curl), then start again."
}

# Downloads URL to FILE. The archive's digest is checked afterwards, so apt-helper needs no
# certificates, which a minimal Debian lacks.
download() {
  case $downloader in
    curl)
      curl --fail --silent --show-error --location --connect-timeout 8 --speed-limit 1000 \
        --speed-time 30 --output "$2" "$1"
      ;;
    wget) wget -q -T 30 -O "$2" "$1" ;;
    python3) python3 "$here/download.py" "$1" "$2" ;;
    *)
      "$downloader" -o Acquire::https::Verify-Peer=false \
        -o Acquire::https::Verify-Host=false -o Acquire::Retries=1 download-file "$1" "$2" >&2
      ;;
  esac
}

# Downloads URL to FILE; notes the reason if that fails.
try_download() {
  say "Downloading $1"
  if download "$1" "$2" 2>"$scratch/reason"; then return 0; fi
  rm -f "$2"
  site=${1#*://}
  reasons="$reasons
  ${site%%/*}: $(grep -v '^$' "$scratch/reason" | tail -n 1)"
  return 1
}

# Ends the program if FILE, downloaded from URL, has another digest than expected. EXPECTED is
# hexadecimal for sha256 and base64 for sha512, as the sources publish them.
check_digest() {
  actual=$("${3}sum" <"$2" | cut -d ' ' -f 1)
  expected=$4
  if [ "$3" = sha512 ]; then
    expected=$(printf %s "$4" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  fi
  if [ "$actual" = "$expected" ]; then return 0; fi
  fail "$1 has the wrong content, so it was not used." \
    "  expected ${3} $expected, got $actual" \
    "A proxy may have answered for the site, or the transfer was cut off: start again."
}

# Unpacks ARCHIVE without its first directory into DIRECTORY; more arguments are given to tar.
unpack() {
  archive=$1
  mkdir -p -- "$2"
  shift
  tar -xzf "$archive" -C "$@" --strip-components=1 --no-same-owner 2>"$scratch/reason" ||
    fail "Node.js could not be unpacked in $cache: $(tail -n 1 "$scratch/reason")"
}

# Prints the URL below $HARDWAY_MIRROR, if one is set, as toolchain/download.ts has it.
mirrored() {
  if [ -z "${HARDWAY_MIRROR:-}" ]; then
    printf '%s\n' "$1"
  else
    printf '%s\n' "${HARDWAY_MIRROR%/}/${1#*://}"
  fi
}

from_nodejs_org() {
  url=$(mirrored "https://nodejs.org/dist/v$VERSION/node-v$VERSION-linux-$arch.tar.gz")
  try_download "$url" "$scratch/node.tar.gz" || return 1
  check_digest "$url" "$scratch/node.tar.gz" sha256 "$sha256"
  unpack "$scratch/node.tar.gz" "$scratch/new" --exclude='*/include' --exclude='*/share'
}

# Prints the npm registry that the user configured.
registry() {
  configured=${npm_config_registry:-${NPM_CONFIG_REGISTRY:-}}
  npmrc=${HOME:-/root}/.npmrc
  if [ -z "$configured" ] && [ -r "$npmrc" ]; then
    configured=$(sed -n 's/^registry *= *//p' "$npmrc" | tail -n 1)
  fi
  configured=${configured:-https://registry.npmjs.org}
  printf '%s\n' "${configured%/}"
}

# The registry's packages have the same program, and npm in its own package.
from_registry() {
  url=$(registry)/node-linux-$arch/-/node-linux-$arch-$VERSION.tgz
  npm_url=$(registry)/npm/-/npm-$NPM_VERSION.tgz
  try_download "$url" "$scratch/node.tgz" || return 1
  check_digest "$url" "$scratch/node.tgz" sha512 "$sha512"
  try_download "$npm_url" "$scratch/npm.tgz" || return 1
  check_digest "$npm_url" "$scratch/npm.tgz" sha512 "$NPM_SHA512"
  unpack "$scratch/node.tgz" "$scratch/new" --exclude='*/include' --exclude='*/share'
  unpack "$scratch/npm.tgz" "$scratch/new/lib/node_modules/npm"
  for command in npm npx; do
    ln -s "../lib/node_modules/npm/bin/$command-cli.js" "$scratch/new/bin/$command"
  done
}

# Ends the program on a host on which Node.js cannot be stored or run.
check_host() {
  # getconf of glibc prints "glibc 2.36"; musl's fails. Without getconf, the test run decides.
  if command -v getconf >/dev/null 2>&1; then
    getconf GNU_LIBC_VERSION >/dev/null 2>&1 || fail \
      "Node.js's own builds need glibc, and this host has another C library (musl)." \
      "Install Node.js $OLDEST or later and npm yourself (Alpine: apk add nodejs npm)."
  fi
  mkdir -p -- "$cache" 2>/dev/null || true
  if [ ! -w "$cache" ]; then
    fail "Node.js cannot be stored: $cache is not writable." \
      "Set HARDWAY_CACHE to a directory that is, or install Node.js $OLDEST or later yourself."
  fi
}

# Ends the program if the cache's file system is too full for Node.js.
check_space() {
  free=$(df -Pk -- "$cache" | awk 'NR == 2 { print $4 }')
  if [ "${free:-$NEEDED_KILOBYTES}" -ge "$NEEDED_KILOBYTES" ]; then return 0; fi
  fail "Node.js needs $((NEEDED_KILOBYTES / 1000)) MB in $cache, and only $((free / 1000)) MB are free." \
    "Free some space, or set HARDWAY_CACHE to a directory on another file system."
}

# Installs Node.js as $installed. The caller holds the lock.
install_node() {
  # Of starts that were killed.
  rm -rf -- "$cache"/new.*
  check_space
  scratch=$(mktemp -d "$cache/new.XXXXXX")
  trap 'rm -rf -- "$scratch"' EXIT
  trap 'exit 130' INT TERM HUP
  reasons=
  say "This host has no Node.js $OLDEST or later: Node.js $VERSION goes into $cache."
  from_nodejs_org || from_registry || fail \
    "Node.js $VERSION cannot be downloaded:$reasons" \
    "Allow one of these sites, or install Node.js $OLDEST or later yourself, then start again."
  "$scratch/new/bin/node" --version >/dev/null 2>"$scratch/reason" || fail \
    "Node.js $VERSION does not run in $cache: $(tail -n 1 "$scratch/reason")" \
    "If the file system is mounted noexec, set HARDWAY_CACHE to a directory on another one."
  mv -- "$scratch/new" "$installed"
}

here=$(cd -- "$(dirname -- "$0")" && pwd -P)
if host_node; then exit 0; fi
choose_architecture
installed=$cache/v$VERSION-linux-$arch
if [ ! -x "$installed/bin/node" ]; then
  choose_downloader
  check_host
  # Two commands may start at once: the second finds the work done.
  exec 9>"$cache/lock"
  flock 9
  if [ ! -x "$installed/bin/node" ]; then install_node; fi
fi
printf '%s\n' "$installed/bin/node"
