#!/usr/bin/env bash
# Before etcd starts with an empty data directory: is this a new cluster, or does it replace a member of a living one?
# A member that has lost its data may not simply return: it is removed and added again, and joins as a new one.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

peer_url=https://$NODE_IP:2380

# request URL [BODY]: asks a member, as a member. The peer port knows no HTTP/2.
request() {
  curl --http1.1 --fail --silent --show-error --connect-timeout 1 --max-time 5 \
    --cacert /etc/etcd/ca.pem --cert /etc/etcd/etcd.pem --key /etc/etcd/etcd-key.pem ${2:+--data "$2"} "$1"
}

# The first of the other members that answers; its peer port tells the members it knows even without a majority.
find_cluster() {
  for controller in $CONTROLLERS; do
    address=${controller#*=}
    [ "$address" != "$NODE_IP" ] || continue
    if members=$(request "https://$address:2380/members" 2> /dev/null); then return 0; fi
  done
  return 1
}

remove_member() { request "https://$address:2379/v3/cluster/member/remove" "{\"ID\":\"$1\"}"; }

# Idempotent: an answer that was lost must not add the member twice.
add_member() {
  request "https://$address:2380/members" | grep -qF "\"$peer_url\"" ||
    request "https://$address:2379/v3/cluster/member/add" "{\"peerURLs\":[\"$peer_url\"]}"
}

no_majority="etcd on $NODE_NAME has lost its data and can't rejoin: the other members have no majority. Recreate all controllers together"

join() {
  # Its entry, if the cluster knows one: objects in this list hold no further objects.
  entry=$(grep -o '{[^{}]*}' <<< "$members" | grep -F "\"$peer_url\"" || true)
  case $entry in
    # Known by name from the start, but never started: all members come up for the first time.
    *"\"name\":\"$NODE_NAME\""*)
      case $entry in *'"clientURLs":["'*) ;; *) return 0 ;; esac
      [[ $entry =~ \"id\":([0-9]+) ]]
      id=${BASH_REMATCH[1]}
      wait_until 30 remove_member "$id" || fail "$no_majority"
      ;;
  esac
  # A start that was tried before the cluster knew of it: it would exit as the member that was removed.
  systemctl stop etcd 2> /dev/null || true
  rm -rf /var/lib/etcd/member
  # The others accept a new member only when they have seen each other for some seconds.
  wait_until 60 add_member || fail "$no_majority"
  echo ETCD_INITIAL_CLUSTER_STATE=existing > /etc/etcd/member.env
}

# Its log is there only when it has been a member.
if [ ! -d /var/lib/etcd/member/wal ]; then
  rm -f /etc/etcd/member.env
  ! find_cluster || join
fi
install -d -m 700 /var/lib/etcd
