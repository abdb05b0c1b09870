#!/usr/bin/env bash
# A login stays possible: SSH does not use the table.
sudo iptables -t raw -I PREROUTING -p tcp --dport 22 -j CT --notrack
sudo iptables -t raw -I OUTPUT -p tcp --sport 22 -j CT --notrack
# Entries of short connections would leave room for others.
for entries in '-p icmp' '-p udp' '-p tcp --state TIME_WAIT'; do
  # shellcheck disable=SC2086
  sudo conntrack -D $entries > /dev/null 2>&1 || true
done
# Keeps the table full. The limit belongs to the host, and is not changed.
sudo tee /run/load-test.sh > /dev/null <<'END'
max=$(sysctl -n net.netfilter.nf_conntrack_max)
for ((round = 1; ; round++)); do
  awk -v missing="$((max - $(conntrack -C)))" -v port="$((round % 60000 + 1))" 'BEGIN { for (i = 0; i < missing; i++)
    printf "-I -p tcp -s 192.0.2.%d -d 198.51.100.%d --sport %d --dport %d --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 86400\n", i % 250 + 1, i / 250 % 250 + 1, i / 62500 + 1000, port }' |
    conntrack -R -
  sleep 0.2
done
END
sudo systemd-run --quiet --unit=load-test --property=StandardOutput=null --property=StandardError=null bash /run/load-test.sh
for ((attempt = 0; attempt < 250; attempt++)); do
  count=$(sudo conntrack -C)
  if [ "$count" -ge "$(sysctl -n net.netfilter.nf_conntrack_max)" ]; then exit 0; fi
  sleep 0.1
done
exit 1
