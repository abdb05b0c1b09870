#!/bin/sh
# Turns a fresh Debian tree into a node's root file system. mmdebstrap runs this script after all
# packages are configured; $1 is the tree.
set -eu
tree=$1
here=$(cd "$(dirname "$0")" && pwd)

# Copies the files of this project. Root owns the copies, independent of the checkout's owner.
cp -r --no-preserve=ownership "$here/files/." "$tree/"
chmod 0755 "$tree/etc/ssh/sshd_config.d" "$tree/etc/systemd/journald.conf.d" "$tree/etc/systemd/system.conf.d"
chmod 0644 "$tree/etc/ssh/sshd_config.d/lab.conf" "$tree"/etc/systemd/*.conf.d/lab.conf "$tree/etc/default/locale" \
  "$tree/etc/environment" "$tree/etc/profile.d/path.sh"
chmod 0750 "$tree/etc/sudoers.d"
chmod 0440 "$tree/etc/sudoers.d/ubuntu"

# Creates `ubuntu`, the user in the article's prompts, who may read logs. The password is locked:
# logins use the key, and sudo asks for no password.
chroot "$tree" useradd --create-home --uid 1000 --shell /bin/bash --groups adm,systemd-journal ubuntu
install -d -m 0700 -o 1000 -g 1000 "$tree/home/ubuntu/.ssh"

# Removes host keys and machine id, because each node gets its own.
rm -f "$tree"/etc/ssh/ssh_host_*
: > "$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id" "$tree/var/lib/systemd/random-seed"

# Masks units, for a fast boot without messages.
sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$here/masked-units.txt" | while read -r unit; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
# logind manages seats, which nodes lack, but `reboot` needs it. It is started on demand, not at
# boot.
rm -f "$tree/lib/systemd/system/multi-user.target.wants/systemd-logind.service"
ln -sf /lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
: > "$tree/etc/motd"
rm -f "$tree"/etc/update-motd.d/*
: > "$tree/etc/fstab"
echo node > "$tree/etc/hostname"

# Removes files that only the build needs: package sources and settings, package lists, logs.
rm -f "$tree/etc/apt/apt.conf.d/99mmdebstrap" "$tree/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
rm -f "$tree"/etc/apt/sources.list.d/* "$tree/etc/resolv.conf"
echo 'deb http://deb.debian.org/debian bookworm main' > "$tree/etc/apt/sources.list"
find "$tree/var/log" -type f -delete
