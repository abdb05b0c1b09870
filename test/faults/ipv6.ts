import type { ScriptedFault } from './fault';
import type { Hands } from './hands';
import { closedRule, editCni, onWorkers, restoreCni } from './scripted';

const PODS_RULE =
  'POSTROUTING -s fd00:10:200::/48 -d fd00:10:200::/48 -m comment --comment "pods need no NAT" -j ACCEPT';
const WORKER_1 = 'fd00:10:200:1::/64';

/** Changes the specification of the service kube-dns. */
const patchDns = ({ kubectl }: Hands, spec: object): Promise<string> =>
  kubectl(
    ...['-n', 'kube-system', 'patch', 'service', 'kube-dns'],
    `--patch=${JSON.stringify({ spec })}`,
  );

/** Faults of a dual-stack lab, which its IPv6 checks must detect. */
export const ipv6Faults: ScriptedFault[] = [
  {
    description: 'worker-1 has lost its IPv6 address',
    make: ({ node }) => node('worker-1', 'ip -6 address del fd00:10:240::21/64 dev eth0'),
    repair: ({ node }) =>
      node(
        'worker-1',
        'ip -6 address add fd00:10:240::21/64 dev eth0 nodad; ip -6 route replace default via fd00:10:240::1 dev eth0',
      ),
    fails: {
      'ipv6.nodes.list': /^worker-1 has none, expected fd00:10:240::21\/64/,
      'ipv6.nodes.ping': /worker-0 got no answer from fd00:10:240::21 \(worker-1\)/,
    },
    passes: ['nodes.ping', 'nodes.list', 'ipv6.route.vpc', 'ipv6.nodes.object'],
  },
  {
    description: 'ICMPv6 is closed inside the VPC',
    ...closedRule('allow-internal-icmp6'),
    fails: {
      'ipv6.nodes.ping':
        /worker-0 got no answer from fd00:10:240::21 \(worker-1\).*allow-internal-icmp6/,
      'ipv6.nat.ping': /^first repair what ipv6\.nodes\.ping shows/,
      'ipv6.nat.none': /^first repair what ipv6\.nodes\.ping shows/,
    },
    passes: ['nodes.ping', 'nat.ping', 'ipv6.nodes.list', 'ipv6.route.vpc', 'ipv6.svc.same-node'],
  },
  {
    description: 'the router drops neighbour discovery',
    make: async (hands) => {
      await hands.router(
        'nft',
        'insert rule inet vpc forward icmpv6 type nd-neighbor-solicit drop',
      );
      // Entries that exist already would answer for up to half a minute.
      await onWorkers(hands, 'ip -6 neigh flush dev eth0');
    },
    async repair({ router }) {
      const listing = await router('nft', '-a', 'list', 'chain', 'inet', 'vpc', 'forward');
      const [, handle] = /nd-neighbor-solicit drop # handle (\d+)/.exec(listing)!;
      await router('nft', 'delete', 'rule', 'inet', 'vpc', 'forward', 'handle', handle);
    },
    fails: {
      'ipv6.nodes.ping':
        /worker-0 got no answer from fd00:10:240::21 \(worker-1\), and neighbour discovery finds no MAC/,
    },
    passes: ['nodes.ping', 'ipv6.nodes.list', 'ipv6.route.vpc'],
  },
  {
    description: 'worker-1 was registered again without its podCIDRs',
    async make({ kubectl, node }) {
      await kubectl('delete', 'node', 'worker-1');
      await node('worker-1', 'systemctl restart kubelet');
      await node(
        'controller-0',
        'for second in $(seq 30); do kubectl --kubeconfig=/var/lib/kubernetes/admin.kubeconfig get node worker-1 && exit; sleep 1; done; exit 1',
      );
    },
    async repair({ kubectl }) {
      const podCIDRs = ['10.200.1.0/24', WORKER_1];
      const patch = JSON.stringify({ spec: { podCIDR: podCIDRs[0], podCIDRs } });
      await kubectl('patch', 'node', 'worker-1', '--type=merge', `--patch=${patch}`);
      await kubectl('wait', '--for=condition=Ready', 'node/worker-1', '--timeout=60s');
      await kubectl(
        '-n',
        'kube-system',
        'rollout',
        'status',
        'deployment/coredns',
        '--timeout=60s',
      );
    },
    fails: {
      'ipv6.nodes.object':
        /^worker-1 has the podCIDRs none, expected 10\.200\.1\.0\/24,fd00:10:200:1::\/64/,
    },
    passes: ['nodes.ping', 'ipv6.nodes.list', 'ipv6.nodes.ping', 'ipv6.route.vpc'],
  },
  {
    description: 'no IPv6 range in the CNI file of worker-0',
    make: (hands) => editCni(hands, 'worker-0', 's/}\\],$/}]/; /fd00:/d; s|, {"dst": "::/0"}||'),
    repair: (hands) => restoreCni(hands, 'worker-0'),
    fails: {
      'cni.config': /^worker-0: ipam is .*expected .*fd00:10:200::\/64/,
      'ipv6.pod.address':
        /^first repair what cni\.config shows; nginx-worker-0 on worker-0 has no IPv6 address, expected one of fd00:10:200::\/64/,
      'ipv6.route.pod':
        /^first repair what cni\.config shows; no IPv6 default route, expected one via fd00:10:200::1/,
    },
    passes: ['nodes.ping', 'ipv6.nodes.ping', 'nat.ping', 'svc.same-node', 'ipv6.route.vpc'],
  },
  {
    description: 'worker-0 has its own IPv6 route to the pods of worker-1',
    make: ({ node }) => node('worker-0', `ip -6 route add ${WORKER_1} via fd00:10:240::21`),
    repair: ({ node }) => node('worker-0', `ip -6 route del ${WORKER_1} via fd00:10:240::21`),
    fails: {
      'ipv6.route.host': /^worker-0: fd00:10:200:1::\/64 has its own route, via fd00:10:240::21/,
    },
    passes: ['route.host', 'ipv6.route.vpc', 'ipv6.nodes.ping', 'ipv6.pod.address'],
  },
  {
    description: 'the IPv6 pod route of worker-1 is missing',
    make: ({ router }) => router('ip', '-6', 'route', 'del', WORKER_1),
    repair: ({ router }) =>
      router('ip', '-6', 'route', 'add', WORKER_1, 'via', 'fd00:10:240::21', 'dev', 'vpc'),
    fails: {
      'ipv6.route.vpc': /^no route for fd00:10:200:1::\/64, expected one to worker-1/,
      'ipv6.nat.ping':
        /^first repair what ipv6\.route\.vpc shows; pod fd00:10:200:1::\w+ on worker-1 did not answer/,
    },
    passes: ['route.vpc', 'nat.ping', 'ipv6.nodes.ping', 'ipv6.route.host', 'ipv6.svc.same-node'],
  },
  {
    description: 'the router is a visible hop of IPv6',
    make: ({ router }) => router('ip6tables', '-t', 'mangle', '-F', 'PREROUTING'),
    repair: ({ router }) =>
      router(...'ip6tables -t mangle -A PREROUTING -m mark --mark 0x1 -j HL --hl-inc 1'.split(' ')),
    fails: { 'ipv6.nat.ping': /^ttl=61 from fd00:10:200:1::\w+ on worker-1, expected 62/ },
    passes: ['nat.ping', 'ipv6.nat.none', 'ipv6.nodes.ping', 'ipv6.route.vpc'],
  },
  {
    description: 'pods of the workers are masqueraded over IPv6, too',
    make: (hands) => onWorkers(hands, `ip6tables -w -t nat -D ${PODS_RULE}`),
    repair: (hands) =>
      onWorkers(
        hands,
        `ip6tables -w -t nat -I ${PODS_RULE.replace('POSTROUTING', 'POSTROUTING 2')}`,
      ),
    fails: {
      'ipv6.nat.none':
        /worker-0 tracks src=fd00:10:200::\w+ .*dst=fd00:10:240::20, expected .*dst=fd00:10:200::\w+.*pods need no NAT/,
    },
    passes: ['nat.off', 'nat.masq.source', 'ipv6.nat.ping', 'cni.config', 'ipv6.route.vpc'],
  },
  {
    description: 'kube-dns has lost its IPv6 address',
    make: (hands) =>
      patchDns(hands, {
        ipFamilyPolicy: 'SingleStack',
        ipFamilies: ['IPv4'],
        clusterIPs: ['10.32.0.10'],
      }),
    repair: (hands) =>
      patchDns(hands, {
        ipFamilyPolicy: 'PreferDualStack',
        ipFamilies: ['IPv4', 'IPv6'],
        clusterIPs: ['10.32.0.10', 'fd00:10:32::a'],
      }),
    fails: {
      'ipv6.svc.dns': /kube-dns has the ClusterIPs 10\.32\.0\.10, expected fd00:10:32::a too/,
      'ipv6.svc.chains': /kube-dns has no IPv6 endpoints.*look at ipv6\.svc\.dns/,
    },
    passes: ['svc.dns', 'svc.chains', 'ipv6.svc.same-node', 'ipv6.nat.ping'],
  },
  {
    description: 'bridged IPv6 packets skip ip6tables on the workers',
    make: (hands) => onWorkers(hands, 'sysctl -qw net.bridge.bridge-nf-call-ip6tables=0'),
    repair: (hands) => onWorkers(hands, 'sysctl -qw net.bridge.bridge-nf-call-ip6tables=1'),
    fails: {
      'ipv6.svc.same-node':
        /no answer from \[fd00:10:32::\w+\].*bridge-nf-call-ip6tables is 0 on worker-0, expected 1/,
    },
    passes: ['svc.same-node', 'ipv6.nat.ping', 'ipv6.svc.chains'],
  },
  {
    description: 'IPv6 TCP is closed inside the VPC',
    ...closedRule('allow-internal-tcp6'),
    fails: {
      'ipv6.nodeport.reach':
        /^controller-0 got HTTP 000 from http:\/\/\[fd00:10:240::20\]:\d+\/: .*allow-internal-tcp6/,
    },
    passes: ['nodeport.reach', 'ipv6.nodes.ping', 'ipv6.nat.ping', 'ipv6.nodeport.chains'],
  },
  {
    description: 'kube-proxy is stopped on worker-0 and its IPv6 rules are flushed',
    make: ({ node }) =>
      node('worker-0', 'systemctl stop kube-proxy; ip6tables -t nat -F KUBE-SERVICES'),
    repair: ({ node }) => node('worker-0', 'systemctl start kube-proxy'),
    fails: {
      'ipv6.svc.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no rule in KUBE-SERVICES for fd00:10:32::a tcp 53/,
      'ipv6.nodeport.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no rule in KUBE-NODEPORTS for NodePort tcp \d+/,
      'ipv6.nodeport.reach':
        /^first repair what ipv6\.nodeport\.chains shows; controller-0 got HTTP 000/,
    },
    passes: ['ipv6.nodes.ping', 'ipv6.nat.ping', 'ipv6.route.vpc'],
  },
];

/** Faults of a dual-stack lab with proxyMode nftables. */
export const nftablesFaults: ScriptedFault[] = [
  {
    description: 'kube-proxy is stopped on worker-0 and its nftables maps and chain are flushed',
    make: ({ node }) =>
      node(
        'worker-0',
        'systemctl stop kube-proxy; nft flush map ip kube-proxy service-ips; nft flush map ip6 kube-proxy service-ips; nft flush chain ip6 kube-proxy nat-prerouting',
      ),
    repair: ({ node }) => node('worker-0', 'systemctl start kube-proxy'),
    fails: {
      'svc.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no element in the map service-ips for 10\.32\.0\.10 tcp 53/,
      'nodeport.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no element in the map service-nodeports for NodePort tcp \d+/,
      'ipv6.svc.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: the chain nat-prerouting does not jump to services.*no element in the map service-ips for fd00:10:32::a tcp 53/,
      'ipv6.nodeport.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no element in the map service-nodeports for NodePort tcp \d+/,
      'ipv6.nodeport.reach': /^first repair what ipv6\.nodeport\.chains shows/,
    },
    passes: ['nat.ping', 'route.vpc', 'cni.config', 'ipv6.nat.ping'],
  },
];
