#!/bin/sh
# Makes a fresh Debian tree into the machine of bin/qemu.sh: customize.sh TREE HOST, where HOST holds toolchain/host and
# the list of packages that a lab needs. mmdebstrap runs it when the tree's own packages are configured.
set -eu
tree=$1 host=$2

# As ./lab start installs them on a machine that has none.
cp -r "$host" "$tree/tmp/host"
# shellcheck disable=SC2046 # one word a package
chroot "$tree" /tmp/host/install.sh $(cat "$host/packages")
rm -r "$tree/tmp/host"

chroot "$tree" useradd --create-home --uid 1000 --shell /bin/bash --groups sudo student
echo 'student ALL=(ALL) NOPASSWD: ALL' > "$tree/etc/sudoers.d/student"
chmod 0440 "$tree/etc/sudoers.d/student"
echo debian > "$tree/etc/hostname"
printf '127.0.0.1 localhost debian\n' > "$tree/etc/hosts"
# Nobody answers for names: what asks for one is told so at once.
: > "$tree/etc/resolv.conf"
printf '[Match]\nName=en*\n[Network]\nDHCP=yes\n' > "$tree/etc/systemd/network/lan.network"
chroot "$tree" systemctl enable --quiet systemd-networkd

cat > "$tree/etc/systemd/system/inside.service" << 'UNIT'
[Unit]
Description=What bin/qemu.sh wants to know
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
