#!/bin/sh
# Makes a fresh Debian tree into a node's: mmdebstrap runs it with the tree as $1, after all packages are configured.
set -eu
tree=$1
here=$(cd "$(dirname "$0")" && pwd)

# Files of ours, owned by root whatever the checkout's owner is.
cp -r --no-preserve=ownership "$here/files/." "$tree/"
chmod 0755 "$tree/etc/ssh/sshd_config.d" "$tree/etc/systemd/journald.conf.d" "$tree/etc/systemd/system.conf.d"
chmod 0644 "$tree/etc/ssh/sshd_config.d/lab.conf" "$tree"/etc/systemd/*.conf.d/lab.conf "$tree/etc/default/locale" \
  "$tree/etc/environment" "$tree/etc/profile.d/path.sh"
chmod 0750 "$tree/etc/sudoers.d"
chmod 0440 "$tree/etc/sudoers.d/ubuntu"

# The user of the article's prompts, who may read logs. Its password is locked: the key and sudo need none.
chroot "$tree" useradd --create-home --uid 1000 --shell /bin/bash --groups adm,systemd-journal ubuntu
install -d -m 0700 -o 1000 -g 1000 "$tree/home/ubuntu/.ssh"

# Each node gets host keys and a machine id of its own.
rm -f "$tree"/etc/ssh/ssh_host_*
: > "$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id" "$tree/var/lib/systemd/random-seed"

# A quick and quiet boot.
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/masked-units.txt" | while read -r unit; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
# Nobody has a seat here, but reboot asks for it: it is started when it is asked, not at boot.
rm -f "$tree/lib/systemd/system/multi-user.target.wants/systemd-logind.service"
ln -sf /lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
: > "$tree/etc/motd"
rm -f "$tree"/etc/update-motd.d/*
: > "$tree/etc/fstab"
echo node > "$tree/etc/hostname"

# What was for the making only: the builder's package sources and settings, package lists, logs.
rm -f "$tree/etc/apt/apt.conf.d/99mmdebstrap" "$tree/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
rm -f "$tree"/etc/apt/sources.list.d/* "$tree/etc/resolv.conf"
echo 'deb http://deb.debian.org/debian bookworm main' > "$tree/etc/apt/sources.list"
find "$tree/var/log" -type f -delete
