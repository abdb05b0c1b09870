#!/bin/bash
# Runs as root in the virtual machine of bin/qemu.sh: an ordinary user's commands, each in a new login, with exit code and
# time. The last line is `outcome: N` with the number of commands that ended with another exit code than expected.
set -uo pipefail
stty -F /dev/ttyS1 -opost

wrong=0
# try EXPECTED COMMAND: prints the command's output, exit code and seconds. EXPECTED is the expected exit code.
try() {
  local expected=$1 command=$2 begin=$SECONDS code mark=ok
  printf '\n$ %s\n' "$command"
  # The pipe keeps ./lab from drawing its progress for a terminal.
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

printf 'kernel arguments: %s\n' "$(cat /proc/cmdline)"
[ -e /proc/sys/net/ipv6 ] && printf 'IPv6 is on\n' || printf 'IPv6 is off\n'

workers=$(sed -n 's/.*hardway\.workers=\([0-9]*\).*/\1/p' /proc/cmdline)

# Two hosts on a bridge of the host's own, such as containers, where iptables forwards nothing. They
# must reach each other while br_netfilter is not loaded, is loaded by a lab, and afterwards.
neighbours='sudo ip netns exec neighbour-0 ping -c 2 -W 2 192.0.2.11'
try 0 "sudo sh -euc 'iptables -P FORWARD DROP
ip link add neighbours type bridge && ip link set neighbours up
for n in 0 1; do
  ip netns add neighbour-\$n
  ip link add port-\$n type veth peer name eth0 netns neighbour-\$n
  ip link set port-\$n master neighbours up
  ip -n neighbour-\$n addr add 192.0.2.1\$n/24 dev eth0 && ip -n neighbour-\$n link set eth0 up
done'"
try 1 'test -e /proc/sys/net/bridge'
try 0 "$neighbours"
try 0 './lab doctor'
try 0 "$neighbours"
# If qemu translates every instruction, a step may exceed its time limit. The next up continues.
try 0 "for go in 1 2 3; do ./lab up --set controllers=1 --set workers=$workers --stage network && exit; done; exit 1"
try 0 'test -e /proc/sys/net/bridge'
try 0 "$neighbours"
try 0 './lab verify'
try 0 './lab status'
try 0 'cd /sys/fs/cgroup/hardway.slice/hardway-local.slice && cat memory.max memory.swap.max pids.max cpu.weight pids.current'
# systemd-networkd removes routes that it does not know.
try 0 'sudo systemctl restart systemd-networkd && ip route show type blackhole | grep 198.18.0.0/15'
# shellcheck disable=SC2016 # expanded by the login
try 0 'born() { ./lab ssh worker-0 ps -o lstart= -p 1; }; before=$(born); ./lab ssh worker-0 sudo reboot
for go in $(seq 60); do [ "$(born)" != "$before" ] && ./lab status && exit; sleep 5; done; exit 1'
try 0 './lab verify'
try 0 './lab down --yes'
try 0 "$neighbours"
try 1 'sudo find /var/lib/hardway/labs /run/netns /sys/fs/cgroup -name "*hardway*" | grep .'

printf 'outcome: %s\n' "$wrong"
[ "$wrong" -eq 0 ]
