#!/usr/bin/env bash
# Waits on the gateway until the sshd of every worker answers. A login through the gateway uses one
# connection for all its attempts (@pulumi/command 1.2.1), so it must not begin while a worker boots.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=300
port=22
settle=5

# answers ADDRESS: true if an sshd completes a key exchange. It is no login: the gateway has no key.
answers() { ssh-keyscan -T 5 -p "$port" -t ed25519 "$1" 2> /dev/null | grep -q .; }

for worker in $WORKERS; do
  wait_until "$limit" answers "${worker#*=}" ||
    fail "${worker%%=*} (${worker#*=}) has no SSH server after $limit s: look at its console in the cloud, it may not have booted"
done

# The first boot may restart sshd once, so each worker must answer a second time.
sleep "$settle"
for worker in $WORKERS; do
  wait_until 60 answers "${worker#*=}" || fail "${worker%%=*} (${worker#*=}): its SSH server stopped answering"
done
