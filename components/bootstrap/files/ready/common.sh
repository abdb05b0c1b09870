# What the step scripts share; they source it. CHANGED_FILES names the list of the files that the step has just placed.
# shellcheck shell=bash

# fail MESSAGE: ends the step.
fail() {
  echo "$*" >&2
  exit 1
}

# wait_until SECONDS COMMAND...: tries COMMAND some times a second until it succeeds; false when SECONDS have passed.
wait_until() {
  local limit=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$limit" ] || return 1
    sleep 0.3
  done
}

# run_service UNIT: running with the step's files as they are now. Doesn't wait until it is up.
run_service() {
  if grep -qv '^/opt/hardway/' "$CHANGED_FILES"; then
    systemctl restart --no-block "$1"
  else
    systemctl start --no-block "$1"
  fi
}

# last_lines UNIT: the end of its journal, for an error message.
last_lines() {
  journalctl --no-pager --output=cat --lines=5 --unit="$1" 2> /dev/null || true
}
