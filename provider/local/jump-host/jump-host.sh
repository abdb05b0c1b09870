#!/bin/bash
# Becomes the sshd of a lab's jump host: without capabilities, without the host's files, with a
# read-only file system.
# Runs in the network namespace of the lab's router. kind.ts calls `unshare --mount --pid --fork
# jump-host.sh`: the sshd
# sees no process of the host, and everything that it starts ends with it. Variables:
# DIRECTORY  files of the jump host: etc/, root/
# TREE       Debian tree that contains the sshd
# USER_ID    user id of the sshd and of every session
set -eu

# The file system: the read-only tree, with its own /etc, and /dev/null as the only device.
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

# umount needs /proc, so /proc is unmounted last.
mount -t proc proc "$root/proc"
cd "$root"
pivot_root . mnt
cd /
umount --lazy /mnt /proc

# Drops all capabilities and every way to regain them. Process limits apply to the user id.
# pdeathsig: when unshare ends, sshd is killed, and as the first process of its PID namespace it
# takes all sessions with it.
exec prlimit --nproc=80 --core=0 \
  setpriv --pdeathsig KILL --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
  --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs \
  env --ignore-environment /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
