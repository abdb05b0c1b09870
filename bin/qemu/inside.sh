#!/bin/bash
# Runs as root on the machine of bin/qemu.sh: an ordinary user's commands, each in a login of its own, with its exit code
# and its time. Ends with `outcome: 0`, or with how many did not do what they should.
set -uo pipefail
stty -F /dev/ttyS1 -opost

wrong=0
# try EXPECTED COMMAND: the lines that it prints, then its exit code, which should be EXPECTED, and its seconds.
try() {
  local expected=$1 command=$2 begin=$SECONDS code mark=ok
  printf '\n$ %s\n' "$command"
  # Through a pipe: on a terminal the progress would be drawn.
  timeout 2400 runuser --login student --command "cd hardway-lab && $command" 2>&1 < /dev/null | cat
  code=${PIPESTATUS[0]}
  if [ "$code" -ne "$expected" ]; then
    mark=WRONG
    wrong=$((wrong + 1))
  fi
  printf '%s: exit %s, %s s: %s\n' "$mark" "$code" "$((SECONDS - begin))" "$command"
}

printf '%s, kernel %s, %s, /sys/fs/cgroup is %s, %s\n' "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)" \
  "$(uname -r)" "$(systemctl --version | head -n 1)" "$(stat -f -c %T /sys/fs/cgroup)" "node $(node --version)"

workers=$(sed -n 's/.*hardway\.workers=\([0-9]*\).*/\1/p' /proc/cmdline)

try 0 './lab doctor'
# Where qemu translates every instruction, a step's own patience may end too early: up goes on from there.
try 0 "for go in 1 2 3; do ./lab up --set controllers=1 --set workers=$workers --stage network && exit; done; exit 1"
try 0 './lab verify'
try 0 './lab status'
try 0 'cd /sys/fs/cgroup/hardway.slice/hardway-local.slice && cat memory.max memory.swap.max pids.max cpu.weight pids.current'
# systemd-networkd takes away what routes nobody told it of.
try 0 'sudo systemctl restart systemd-networkd && ip route show type blackhole | grep 198.18.0.0/15'
# shellcheck disable=SC2016 # that login's own
try 0 'born() { ./lab ssh worker-0 ps -o lstart= -p 1; }; before=$(born); ./lab ssh worker-0 sudo reboot
for go in $(seq 60); do [ "$(born)" != "$before" ] && ./lab status && exit; sleep 5; done; exit 1'
try 0 './lab verify'
try 0 './lab down --yes'
try 1 'sudo find /var/lib/hardway/labs /run/netns /sys/fs/cgroup -name "*hardway*" | grep .'

printf 'outcome: %s\n' "$wrong"
[ "$wrong" -eq 0 ]
