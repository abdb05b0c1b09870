# Functions of the step scripts, which source this file. CHANGED_FILES names the list of the files
# that the step has just placed.
# shellcheck shell=bash

# fail MESSAGE: prints the message and ends the step.
fail() {
  echo "$*" >&2
  exit 1
}

# wait_until SECONDS COMMAND...: repeats COMMAND, with pauses of 0.3 s, until COMMAND succeeds.
# Fails after SECONDS.
wait_until() {
  local limit=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$limit" ] || return 1
    sleep 0.3
  done
}

# metadata_wall_stands: fails if pods can reach the cloud's metadata server, which knows this
# node's host key.
metadata_wall_stands() {
  forward_has iptables "${METADATA_WALL:=/etc/hardway/metadata-wall}" &&
    forward_has ip6tables "${METADATA_WALL}6"
}

# forward_has PROGRAM FILE: fails if the file holds a rule that PROGRAM's chain FORWARD lacks.
forward_has() {
  local rule
  [ -e "$2" ] || return 0
  read -ra rule < "$2"
  "$1" -w -C FORWARD "${rule[@]}" 2> /dev/null
}

# run_service UNIT: starts the unit, or restarts it if the step changed a file outside /opt/hardway.
# Does not wait until the unit is up.
run_service() {
  if grep -qv '^/opt/hardway/' "$CHANGED_FILES"; then
    systemctl restart --no-block "$1"
  else
    systemctl start --no-block "$1"
  fi
}

# api_serves: true if this controller's API server is ready, and no restart of it is pending. A
# restart takes effect only after the old processes have ended, and those still answer.
api_serves() {
  [ -z "$(systemctl list-jobs --no-legend etcd.service kube-apiserver.service)" ] &&
    kubectl --request-timeout=5s get --raw=/readyz
}

# all_there STEP: succeeds if /opt/hardway/objects/STEP.sh prints no drift.
all_there() { ! bash "/opt/hardway/objects/$1.sh" | grep -q .; }

# ask_api PATH [CURL OPTION...]: prints the API server's answer to this worker's kubelet, without
# spaces. Asks one controller after another, because all have the same data. If no controller
# answers the request, prints the last error and fails.
ask_api() {
  local path=$1 controller answer
  shift
  for controller in $CONTROLLERS; do
    if answer=$(curl --silent --show-error --fail-with-body --connect-timeout 2 --max-time 5 --cacert /var/lib/kubernetes/ca.pem \
      --cert "/var/lib/kubelet/$NODE_NAME.pem" --key "/var/lib/kubelet/$NODE_NAME-key.pem" \
      "$@" "https://${controller#*=}:$API_PORT$path" 2>&1); then
      tr -d ' \n' <<< "$answer"
      return
    fi
  done
  # Without curl's milliseconds, so that nodes with the same error print the same line.
  printf '%s\n' "$answer" | sed 's/ after [0-9]* ms:/:/'
  return 1
}

# this_node [CURL OPTION...]: prints the API server's object of this worker, without spaces. Fails
# as ask_api does.
this_node() { ask_api "/api/v1/nodes/$NODE_NAME" "$@"; }

# pod_cidrs_of NODE: prints spec.podCIDRs of an object that this_node printed, with commas; nothing
# if the object has none.
pod_cidrs_of() { sed -n 's/.*"podCIDRs":\["\([^]]*\)"\].*/\1/p' <<< "$1" | sed 's/","/,/g'; }

# declared_pod_cidrs: prints this worker's own part of the pod network, in a dual-stack lab of both.
declared_pod_cidrs() { sed -n 's/^podCIDR: //p' /var/lib/kubelet/kubelet-config.yaml; }

# differing MANIFEST: prints the drift of the manifest's objects, one line each: KIND
# NAMESPACE/NAME, a tab, the state.
differing() {
  local output
  # diff compares two directories: the objects as they are, and as declared. A missing object is an
  # empty file. Exit code 1 means that they differ.
  output=$(KUBECTL_EXTERNAL_DIFF='diff -r' kubectl --request-timeout=5s diff --filename="$1" 2>&1) || [ $? -eq 1 ] || { no_answer "$output"; return; }
  # A file's name is GROUP.VERSION.KIND.NAMESPACE.NAME. The first lines that differ describe the
  # drift. The generation is skipped, because it changes with every other field.
  awk '
    function report() { if (name != "") print name "\t" (missing ? "is missing" : "was changed" (is != "" ? ": " is : "") (should != "" ? ", declared " should : "")) }
    /^diff -r / { report(); name = $3; sub(/.*\//, "", name); missing = 0; is = should = "" }
    /^0a1/ { missing = 1 }
    /^[<>] *generation:/ { next }
    /^</ && is == "" && should == "" { is = $0; sub(/^< */, "", is) }
    /^>/ && should == "" { should = $0; sub(/^> */, "", should) }
    END { report() }
  ' <<< "$output" | sed -E 's/^(.*\.)?v[0-9a-z]+\.([A-Z][A-Za-z]*)\.([^.]*)\.([^\t]*)\t/\2 \3\/\4\t/; s/ \// /'
}

LEADERS='kube-controller-manager kube-scheduler'

# seconds_since TIME: prints the age of an ISO 8601 time.
seconds_since() { echo $(($(date +%s) - $(date --date="$1" +%s))); }

# leader_ages: prints each of the LEADERS that ever led, and the seconds since it renewed its lease.
# All controllers run both programs, but only the leader works. The leader renews its lease every
# two seconds, and loses it after 15 s.
leader_ages() {
  local program renewed
  while read -r program renewed; do
    case " $LEADERS " in *" $program "*) echo "$program $(seconds_since "$renewed")" ;; esac
  done < <(kubectl --request-timeout=5s --namespace=kube-system get leases \
    --output=jsonpath='{range .items[*]}{.metadata.name} {.spec.renewTime}{"\n"}{end}')
}

# no_answer OUTPUT: prints the line of an API server that does not answer, with the last line of
# kubectl's or curl's OUTPUT.
no_answer() {
  local said
  said=$(tail -n 1 <<< "$1")
  printf 'API server\tdoes not answer: %s\n' "${said% - did you specify*}"
}

# last_lines UNIT: prints the end of the unit's journal, for an error message.
last_lines() {
  journalctl --no-pager --output=cat --lines=5 --unit="$1" 2> /dev/null || true
}
