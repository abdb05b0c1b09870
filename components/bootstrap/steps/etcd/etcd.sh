#!/usr/bin/env bash
# Before etcd starts with an empty data directory, decides whether the node starts a new cluster or
# replaces a lost member. A member without its data must be removed and added again to join.
set -eu
. /opt/hardway/common.sh
. /etc/hardway/node.env

peer_url=https://$NODE_IP:2380

# request URL [BODY]: sends a request with a member's certificate. The peer port has no HTTP/2.
request() {
  curl --http1.1 --fail --silent --show-error --connect-timeout 1 --max-time 5 \
    --cacert /etc/etcd/ca.pem --cert /etc/etcd/etcd.pem --key /etc/etcd/etcd-key.pem ${2:+--data "$2"} "$1"
}

# Finds the first other member that answers. Its peer port lists the members even without a majority.
find_cluster() {
  for controller in $CONTROLLERS; do
    address=${controller#*=}
    [ "$address" != "$NODE_IP" ] || continue
    if members=$(request "https://$address:2380/members" 2> /dev/null); then return 0; fi
  done
  return 1
}

remove_member() { request "https://$address:2379/v3/cluster/member/remove" "{\"ID\":\"$1\"}"; }

# add_member: idempotent, because a lost answer must not add the member twice.
add_member() {
  request "https://$address:2380/members" | grep -qF "\"$peer_url\"" ||
    request "https://$address:2379/v3/cluster/member/add" "{\"peerURLs\":[\"$peer_url\"]}"
}

no_majority="etcd on $NODE_NAME has lost its data and can't rejoin: the other members have no majority. Recreate all controllers together"

join() {
  # Entry of this node in the list of members. Objects in the list hold no nested objects.
  entry=$(grep -o '{[^{}]*}' <<< "$members" | grep -F "\"$peer_url\"" || true)
  case $entry in
    # The entry has a name but the member never started: the whole cluster starts for the first time.
    *"\"name\":\"$NODE_NAME\""*)
      case $entry in *'"clientURLs":["'*) ;; *) return 0 ;; esac
      [[ $entry =~ \"id\":([0-9]+) ]]
      id=${BASH_REMATCH[1]}
      wait_until 30 remove_member "$id" || fail "$no_majority"
      ;;
  esac
  # Removes data of an earlier attempt: with it, etcd would exit as the removed member.
  systemctl stop etcd 2> /dev/null || true
  rm -rf /var/lib/etcd/member
  # The others accept a new member only after some seconds of contact with each other.
  wait_until 60 add_member || fail "$no_majority"
  echo ETCD_INITIAL_CLUSTER_STATE=existing > /etc/etcd/member.env
}

# The log exists only if this node has been a member.
if [ ! -d /var/lib/etcd/member/wal ]; then
  rm -f /etc/etcd/member.env
  ! find_cluster || join
fi
install -d -m 700 /var/lib/etcd
