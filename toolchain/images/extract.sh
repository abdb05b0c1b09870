#!/bin/sh
# Unpacks the Debian packages that the images consist of, without installing them:
# extract.sh DIRECTORY SUITE ARCHITECTURE SOURCES APT_SETTINGS
# Writes two lists: applets.txt (links to busybox) and libraries.txt (libraries of nginx).
set -eu
directory=$1 suite=$2 architecture=$3 sources=$4 settings=$5

mmdebstrap --mode=root --variant=extract --architectures="$architecture" --include=nginx,busybox-static \
  --aptopt="$settings" "$suite" "$directory/debian" "$sources"

chroot "$directory/debian" /bin/busybox --list-full > "$directory/applets.txt"

# The dynamic loader lists the libraries. Its path depends on the architecture.
for candidate in "$directory"/debian/lib64/ld-linux-*.so.* "$directory"/debian/lib/ld-linux-*.so.*; do
  [ -e "$candidate" ] && loader=${candidate#"$directory/debian"} && break
done
{
  chroot "$directory/debian" "$loader" --list /usr/sbin/nginx | grep -o '/[^ ]*\.so[^ ]*'
  echo "$loader"
} | sort -u > "$directory/libraries.txt"
