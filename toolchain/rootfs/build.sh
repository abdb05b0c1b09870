#!/bin/sh
# Makes the nodes' Debian tree: build.sh TREE SUITE ARCHITECTURE SOURCES APT_SETTINGS
# TREE must not exist yet; SOURCES is a sources.list, APT_SETTINGS an apt.conf with how this machine reaches them.
set -eu
tree=$1 suite=$2 architecture=$3 sources=$4 settings=$5
here=$(cd "$(dirname "$0")" && pwd)
packages=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/packages.txt" | paste -sd,)

# Nobody reads manuals in a node, and without them the tree is unpacked faster; fsync is for trees that must
# survive a power cut, and this one counts only once it is complete.
exec mmdebstrap --mode=root --variant=minbase --architectures="$architecture" --include="$packages" \
  --aptopt="$settings" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='force-unsafe-io' \
  --customize-hook="\"$here/customize.sh\" \"\$1\"" \
  "$suite" "$tree" "$sources"
