#!/usr/bin/env bash
# Part of bin/clean-tree in the new namespaces: mounts the tree $TREE below $RUN, enters it and
# runs a command in the checkout there.
set -euo pipefail

root=$RUN/root
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$RUN/changes,workdir=$RUN/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/run"

# Prepares a directory of the host at the same path in the tree.
bind() {
  mkdir -p "$2"
  mount --bind "$1" "$2"
}
# A lab's nodes need a file system that an overlay can lie on.
bind "$RUN/cloud" "$root/var/lib/hardway"
mkdir -p /var/lib/hardway-host
bind /var/lib/hardway-host "$root/var/lib/hardway-host"
bind "$RUN/checkout" "$root/root/hardway-lab"
mkdir -p "$RUN/cache"
bind "$RUN/cache" "$root/root/.cache/hardway"
if [ -n "${HARDWAY_TOOLCHAIN:-}" ]; then
  # Hard links where possible: the tree's commands may add files, not change the host's.
  for part in programs images trees store installed.json; do
    if [ -e "$HARDWAY_TOOLCHAIN/$part" ]; then cp -al "$HARDWAY_TOOLCHAIN/$part" "$RUN/cache/"; fi
  done
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
if [ -e "$RUN/npmrc" ]; then cp "$RUN/npmrc" "$root/root/.npmrc"; fi
environment=(HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
if [ -e "$RUN/ca.crt" ]; then
  cp "$RUN/ca.crt" "$root/root/ca.crt"
  environment+=(NODE_EXTRA_CA_CERTS=/root/ca.crt)
fi
# Not only chroot: `kubectl exec` enters the root of a mount namespace, which chroot does not
# change, so commands in pods would run in this host's own tree (setns(2), CLONE_NEWNS).
mkdir -p "$root/old"
cd "$root"
pivot_root . old
umount --lazy /old
exec chroot . env -i "${environment[@]}" \
  sh -c 'cd /root/hardway-lab; if command -v node; then exit 1; fi; exec "$@"' sh "$@"
