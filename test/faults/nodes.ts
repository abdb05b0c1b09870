import { closedRule, type Fault } from './fault';

/**
 * Bash script that fills a node's connection tracking table with connections that stay. Does not change the limit,
 * which belongs to the host.
 */
const FILL = `
  max=$(sysctl -n net.netfilter.nf_conntrack_max)
  awk -v max="$max" 'BEGIN { for (i = 0; i < max; i++)
    printf "-I -p tcp -s 192.0.2.%d -d 198.51.100.%d --sport %d --dport 9 --state ESTABLISHED -u SEEN_REPLY,ASSURED -t 600\\n", i % 250 + 1, i / 250 % 250 + 1, i / 62500 + 1000 }' > /run/connections
  conntrack -R /run/connections > /dev/null 2>&1 || true
  rm /run/connections
  test "$(conntrack -C)" -ge "$max"`;

export const nodeFaults: Fault[] = [
  {
    description: 'ICMP is closed inside the VPC',
    ...closedRule('allow-internal-icmp'),
    fails: {
      'nodes.ping': /worker-0 got no answer from 10\.240\.0\.21 \(worker-1\).*allow-internal-icmp/,
      'nat.ping': /^first repair what nodes\.ping shows/,
    },
    passes: ['nodes.list', 'route.vpc', 'route.host', 'svc.dns', 'svc.same-node', 'nodeport.reach'],
  },
  {
    description: 'the MTU of worker-1 is too small',
    make: ({ node }) => node('worker-1', 'ip link set eth0 mtu 1400'),
    repair: ({ node }) => node('worker-1', 'ip link set eth0 mtu 1500'),
    fails: {
      'nodes.ping':
        /worker-0 got an answer from worker-1 to a small packet, but not to one of 1500 bytes.*worker-1 has mtu 1400 on eth0, expected 1500/,
    },
    passes: ['nodes.list', 'route.vpc', 'route.host', 'nat.ping', 'svc.same-node'],
  },
  {
    description: 'the connection tracking table of worker-1 is full',
    make: ({ node }) => node('worker-1', FILL),
    repair: ({ node }) => node('worker-1', 'conntrack -F'),
    fails: {
      'nodes.list': /worker-1: no answer over SSH.*connection tracking table is full/,
      'nodes.ping':
        /worker-0 got no answer from 10\.240\.0\.21 \(worker-1\), which does answer ARP.*connection tracking table is full/,
    },
    passes: ['route.vpc'],
  },
  {
    description: 'worker-1 has another name',
    make: ({ node }) => node('worker-1', 'hostname stranger'),
    repair: ({ node }) => node('worker-1', 'hostname worker-1'),
    fails: { 'nodes.list': /leads to stranger, expected worker-1/ },
    passes: ['nodes.ping', 'route.vpc', 'cni.config'],
  },
  {
    description: 'a wrong address for worker-1 in /etc/hosts of worker-0',
    make: ({ node }) =>
      node(
        'worker-0',
        "cp /etc/hosts /run/hosts.saved; sed 's/^10\\.240\\.0\\.21 /10.240.0.10 /' /run/hosts.saved > /etc/hosts",
      ),
    repair: ({ node }) =>
      node('worker-0', 'cat /run/hosts.saved > /etc/hosts; rm /run/hosts.saved'),
    fails: {
      'nodes.ping':
        /worker-0 resolves worker-1 to 10\.240\.0\.10, expected 10\.240\.0\.21: look at \/etc\/hosts/,
    },
    passes: ['nodes.list', 'route.vpc', 'cni.config'],
  },
];
