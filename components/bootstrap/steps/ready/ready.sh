#!/usr/bin/env bash
# Waits until the node has booted, and checks its rule against the metadata server. Then sets its
# hostname and its block of /etc/hosts.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

boot_limit=300

# In a cloud, sshd answers before the first boot ends. Only the time limit counts as a failure,
# because cloud-init's own exit code is nonzero for a warning, too.
if command -v cloud-init > /dev/null; then
  code=0
  timeout --kill-after=5 "$boot_limit" cloud-init status --wait > /dev/null 2>&1 || code=$?
  case $code in 124 | 137) fail "$NODE_NAME: cloud-init has not finished after $boot_limit s: look at /var/log/cloud-init-output.log on it" ;; esac
fi
wait_until 60 systemctl is-active --quiet basic.target || fail "$NODE_NAME: systemd has not reached basic.target after 60 s"

metadata_wall_stands || fail "$NODE_NAME: pods can read the metadata server, and so this node's host key: the first boot did not add the rule of /etc/hardway/metadata-wall to iptables' chain FORWARD (see /var/log/cloud-init-output.log)"

if [ "$(cat /proc/sys/kernel/hostname)" != "$NODE_NAME" ]; then
  echo "$NODE_NAME" > /etc/hostname
  hostname "$NODE_NAME"
fi

# Agents of a cloud write to /etc/hosts, too. Bootstrap replaces only the block between its marks.
{
  sed '/^# hardway: begin$/,/^# hardway: end$/d' /etc/hosts
  cat /etc/hardway/hosts
} > /etc/hosts.placed
if cmp -s /etc/hosts.placed /etc/hosts; then
  rm /etc/hosts.placed
else
  chmod 644 /etc/hosts.placed
  mv -f /etc/hosts.placed /etc/hosts
fi
