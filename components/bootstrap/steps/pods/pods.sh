#!/usr/bin/env bash
# Every pod runs as a service account, and the controller manager makes the default one some seconds after it has started.
set -eu
. /opt/hardway/common.sh
export KUBECONFIG=/var/lib/kubernetes/admin.kubeconfig

wait_until 60 kubectl get serviceaccount default || fail "there is no default service account after 60 s: $(last_lines kube-controller-manager)"

# What has lost the API for long asks for it again only once a minute; started anew it asks at once, and waits for no more than the
# leader's time to run out.
led() { age=$(leader_age "$1") && [ "${age:-15}" -lt 5 ]; }
for program in kube-controller-manager kube-scheduler; do
  age=$(leader_age "$program")
  [ "${age:-0}" -lt 15 ] || systemctl restart --no-block "$program"
done
for program in kube-controller-manager kube-scheduler; do
  wait_until 60 led "$program" || fail "$program has no leader after 60 s: $(last_lines "$program")"
done

# Nodes that are there already take pods: what somebody said against it is taken back.
while IFS=$'\t' read -r object state; do
  case $state in
    'is cordoned') kubectl uncordon "${object#Node }" ;;
    'has the taint '*) kubectl taint nodes "${object#Node }" "${state#has the taint }-" ;;
  esac
done < <(bash /opt/hardway/objects/pods.sh)
