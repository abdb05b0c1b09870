#!/bin/sh
# Builds the nodes' Debian tree: build.sh TREE SUITE ARCHITECTURE SOURCES APT_SETTINGS
# TREE must not exist yet. SOURCES is a sources.list. APT_SETTINGS is an apt.conf with the host's
# proxies and time-outs.
set -eu
tree=$1 suite=$2 architecture=$3 sources=$4 settings=$5
here=$(cd "$(dirname "$0")" && pwd)
packages=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt" | paste -sd,)

# Manuals are excluded, which makes unpacking faster. fsync is skipped (force-unsafe-io): a tree
# counts only after it is complete, so it need not survive a power cut.
exec mmdebstrap --mode=root --variant=minbase --architectures="$architecture" --include="$packages" \
  --aptopt="$settings" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='force-unsafe-io' \
  --customize-hook="\"$here/customize.sh\" \"\$1\"" \
  "$suite" "$tree" "$sources"
