#!/bin/sh
# Turns a local lab's tree into a cloud image's: mmdebstrap runs it with the tree as $1, after the project's own hook.
set -eu
tree=$1
here=$(cd "$(dirname "$0")" && pwd)

cp -r --no-preserve=ownership "$here/files/." "$tree/"
chmod 0644 "$tree/etc/cloud/cloud.cfg.d/90_rehearsal.cfg"

# cloud-init creates the user, from the key pair that the API holds.
chroot "$tree" userdel --remove ubuntu 2> /dev/null
rm -f "$tree/etc/sudoers.d/ubuntu"

# One data source: nothing to detect, and a container has no firmware to detect it from.
echo 'policy: enabled' > "$tree/etc/cloud/ds-identify.cfg"

# Ubuntu's image waits for cloud-init before the login service; the tree masks the targets of that for a local lab.
for unit in systemd-remount-fs.service systemd-machine-id-commit.service; do
  rm -f "$tree/etc/systemd/system/$unit"
done
# The VPC's resolver; Ubuntu's stub would ask the same.
echo 'nameserver 169.254.169.253' > "$tree/etc/resolv.conf"

# cloud-init asks the firmware whether this is EC2, and a container has none: the answer is fixed. There is no DHCP either.
source=$tree/usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py
sed -i -e 's/^def identify_platform():$/&\n    return CloudNames.AWS\n/' \
  -e 's/supported_platforms = (CloudNames.AWS, CloudNames.OUTSCALE)/supported_platforms = (CloudNames.OUTSCALE,)/' "$source"
grep -q '^    return CloudNames.AWS$' "$source"
grep -q 'supported_platforms = (CloudNames.OUTSCALE,)' "$source"
