#!/usr/bin/env bash
# Waits on the gateway until the sshd of every worker answers. A session's login through the gateway has one connection
# for all its attempts (@pulumi/command 1.2.1), so that it must not begin while a worker still boots.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

limit=300
port=22
settle=5

# answers ADDRESS: an sshd completes a key exchange there. No login: the gateway has no key.
answers() { ssh-keyscan -T 5 -p "$port" -t ed25519 "$1" 2> /dev/null | grep -q .; }

for worker in $WORKERS; do
  wait_until "$limit" answers "${worker#*=}" ||
    fail "${worker%%=*} (${worker#*=}) has no SSH server after $limit s: look at its console in the cloud, it may not have booted"
done

# The first boot may restart sshd once. By now it is up again, or it is waited for.
sleep "$settle"
for worker in $WORKERS; do
  wait_until 60 answers "${worker#*=}" || fail "${worker%%=*} (${worker#*=}): its SSH server stopped answering"
done
