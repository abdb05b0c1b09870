#!/bin/sh
# customize.sh TREE HOST: turns a new Debian tree into the virtual machine of bin/qemu.sh. HOST contains toolchain/host and
# the list of packages that a lab needs. mmdebstrap runs this script after it has configured the tree's packages.
set -eu
tree=$1 host=$2

# Installs the packages in the same way as ./lab start.
cp -r "$host" "$tree/tmp/host"
# shellcheck disable=SC2046 # one word for each package
chroot "$tree" /tmp/host/install.sh $(cat "$host/packages")
rm -r "$tree/tmp/host"

chroot "$tree" useradd --create-home --uid 1000 --shell /bin/bash --groups sudo student
echo 'student ALL=(ALL) NOPASSWD: ALL' > "$tree/etc/sudoers.d/student"
chmod 0440 "$tree/etc/sudoers.d/student"
echo debian > "$tree/etc/hostname"
printf '127.0.0.1 localhost debian\n' > "$tree/etc/hosts"
# Without a name server, every lookup fails immediately.
: > "$tree/etc/resolv.conf"
printf '[Match]\nName=en*\n[Network]\nDHCP=yes\n' > "$tree/etc/systemd/network/lan.network"
chroot "$tree" systemctl enable --quiet systemd-networkd

cat > "$tree/etc/systemd/system/inside.service" << 'UNIT'
[Unit]
Description=Commands of bin/qemu.sh
After=systemd-user-sessions.service systemd-networkd.service
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart=/home/student/hardway-lab/bin/qemu/inside.sh
StandardOutput=tty
StandardError=inherit
TTYPath=/dev/ttyS1

[Install]
WantedBy=multi-user.target
UNIT
chroot "$tree" systemctl enable --quiet inside.service
