#!/bin/bash
# Becomes the sshd of a lab's jump host: without root's powers, without this machine's files, without a place to write to.
# Runs in the lab's router (its network namespace); called by kind.ts as `unshare --mount --pid --fork jump-host.sh`,
# so that it sees no process of this machine, and all that it starts ends with it. Variables:
#   DIRECTORY  the jump host's own: etc/, root/      TREE  the Debian tree, whose sshd this is
#   USER_ID    whom it runs as, and everybody in it
set -eu

# What it sees: the tree, never to be written to, with an /etc of its own and of all devices but null.
mount --make-rprivate /
root=$DIRECTORY/root
mount --bind "$TREE" "$root"
mount -o remount,bind,ro,nosuid,nodev "$root"
mount --bind "$DIRECTORY/etc" "$root/etc"
mount -o remount,bind,ro,nosuid,nodev,noexec "$root/etc"
mount -t tmpfs -o mode=755,size=16k,nosuid,noexec dev "$root/dev"
: > "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
mount -o remount,ro "$root/dev"

# umount looks into /proc, so that goes last.
mount -t proc proc "$root/proc"
cd "$root"
pivot_root . mnt
cd /
umount --lazy /mnt /proc

# No power of root's is left, nor a way to get one; the user's own id is what bounds its processes.
# pdeathsig: when unshare is ended, sshd is, and with it, as the first of its processes, every session.
exec prlimit --nproc=80 --core=0 \
  setpriv --pdeathsig KILL --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
  --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs \
  env --ignore-environment /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
