#!/bin/sh
# Installs Debian packages on the host without starting their services: install.sh PACKAGE…
# Updates the package lists only if the current lists are not sufficient.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive

# Keeps an administrator's own policy. Removes ours at the end, also one that a killed run left.
if [ ! -e "$policy" ] || cmp -s "$here/policy-rc.d" "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  install -m 0755 "$here/policy-rc.d" "$policy"
fi

had_haproxy=no
dpkg-query -W -f '${db:Status-Status}' haproxy 2> /dev/null | grep -q '^installed$' && had_haproxy=yes

install_packages() {
  apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}
install_packages "$@" || { apt-get update; install_packages "$@"; }

# Labs run their own HAProxy. The package's service would start at the next boot.
if [ "$had_haproxy" = no ] && [ -e /lib/systemd/system/haproxy.service ]; then
  systemctl disable --quiet haproxy.service
fi
