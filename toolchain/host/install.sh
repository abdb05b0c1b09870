#!/bin/sh
# Installs Debian packages that a lab needs on this machine, and starts none of their services: install.sh PACKAGE…
# Package lists are fetched only if those that are here don't do.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive

# An administrator's own policy stays; ours goes away again, also one that an earlier, killed run left.
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

# A lab runs its own HAProxy in its router; the one that the package sets up would start with the next boot.
if [ "$had_haproxy" = no ] && [ -e /lib/systemd/system/haproxy.service ]; then
  systemctl disable --quiet haproxy.service
fi
