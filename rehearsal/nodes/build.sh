#!/bin/sh
# Makes the Debian tree of a rehearsal's nodes: build.sh TREE SUITE ARCHITECTURE SOURCES APT_SETTINGS
# The project's own recipe (toolchain/rootfs), with the packages and settings that make it a cloud's image.
set -eu
tree=$1 suite=$2 architecture=$3 sources=$4 settings=$5
here=$(cd "$(dirname "$0")" && pwd)
recipe=$here/../../toolchain/rootfs
packages=$(cat "$recipe/packages.txt" "$here/packages.txt" | sed -e 's/#.*//' -e '/^[[:space:]]*$/d' | sort -u | paste -sd,)

exec mmdebstrap --mode=root --variant=minbase --architectures="$architecture" --include="$packages" \
  --aptopt="$settings" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='force-unsafe-io' \
  --customize-hook="\"$recipe/customize.sh\" \"\$1\"" \
  --customize-hook="\"$here/customize.sh\" \"\$1\"" \
  "$suite" "$tree" "$sources"
