#!/usr/bin/env bash
# A login stays possible: SSH does not use the table.
sudo iptables -t raw -I PREROUTING -p tcp --dport 22 -j CT --notrack
sudo iptables -t raw -I OUTPUT -p tcp --sport 22 -j CT --notrack
# Fills the table with connections that stay. The limit belongs to the host, and is not changed.
max=$(sysctl -n net.netfilter.nf_conntrack_max)
awk -v max="$max" 'BEGIN { for (i = 0; i < max; i++)
  printf "-I -p tcp -s 192.0.2.%d -d 198.51.100.%d --sport %d --dport 9 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 86400\n", i % 250 + 1, i / 250 % 250 + 1, i / 62500 + 1000 }' |
  sudo conntrack -R - > /dev/null 2>&1 || true
test "$(sudo conntrack -C)" -ge "$max"
