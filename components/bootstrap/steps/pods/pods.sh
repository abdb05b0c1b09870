#!/usr/bin/env bash
# Waits for the default service account, which pods run as, and for the leaders. The controller
# manager creates the account some seconds after its own start. Then lets all nodes take pods.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

wait_until 60 kubectl get serviceaccount default || fail "there is no default service account after 60 s: $(last_lines kube-controller-manager)"

# After a long outage, a program retries the API only once a minute. A restarted program retries at
# once, and then waits at most until the old leader's lease expires.
while read -r program age; do
  [ "$age" -lt 15 ] || systemctl restart --no-block "$program"
done < <(leader_ages)

# leaderless: prints each of the LEADERS that has not renewed its lease lately.
leaderless() {
  local recent
  recent=$(leader_ages | awk '$2 < 5 { print $1 }')
  for program in $LEADERS; do grep -qx "$program" <<< "$recent" || echo "$program"; done
}
led() { [ -z "$(leaderless)" ]; }
wait_until 60 led || for program in $(leaderless); do
  fail "$program has no leader after 60 s: $(last_lines "$program")"
done

# Existing nodes must take pods: removes every cordon, and each taint that Kubernetes did not set.
while IFS=$'\t' read -r object state; do
  case $state in
    'is cordoned') kubectl uncordon "${object#Node }" ;;
    'has the taint '*) kubectl taint nodes "${object#Node }" "${state#has the taint }-" ;;
  esac
done < <(bash /opt/hardway/objects/pods.sh)
