#!/bin/sh
# Runs the service controller, and starts it again whenever it ends: supervise.sh COMMAND...
# The rules in the router stay in force meanwhile.
while :; do
  "$@"
  echo "the service controller ended with exit code $?, and is started again"
  sleep 1
done
