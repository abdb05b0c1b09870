import { matches, parseConntrack } from '../../../checks/parsers/conntrack';
import { iptablesRules } from '../../../checks/parsers/iptables';
import {
  parseAnswers,
  parseBridge,
  parseContainers,
  parseCounters,
  parseInodes,
  parseLookup,
  parseLsns,
  parsePeer,
  parseProcesses,
  parseTasks,
} from '../../../checks/parsers/listings';
import { nftablesRules } from '../../../checks/parsers/nftables';

describe('conntrack lines', () => {
  const text = [
    'icmp     1 29 src=10.200.0.11 dst=10.200.1.8 type=8 code=0 id=17 src=10.200.1.8 dst=10.240.0.20 type=0 code=0 id=17 mark=0 use=1',
    'tcp      6 119 TIME_WAIT src=10.240.0.10 dst=10.240.0.20 sport=60518 dport=31826 src=10.200.1.9 dst=10.240.0.20 sport=80 dport=57708 [ASSURED] mark=0 use=1',
    'icmp     1 12 src=10.200.0.3 dst=10.200.1.8 type=8 code=0 id=9 [UNREPLIED] src=10.200.1.8 dst=10.240.0.20 type=0 code=0 id=9 mark=0 use=1',
    'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.',
  ].join('\n');

  test('give both directions, and leave the closing count out', () => {
    const flows = parseConntrack(text);
    expect(flows.map(({ protocol }) => protocol)).toEqual(['icmp', 'tcp', 'icmp']);
    expect(flows[0].original).toMatchObject({ src: '10.200.0.11', dst: '10.200.1.8', id: 17 });
    expect(flows[1].reply).toMatchObject({
      src: '10.200.1.9',
      dst: '10.240.0.20',
      sport: 80,
      dport: 57708,
    });
    expect(flows.map(({ unreplied }) => unreplied)).toEqual([false, false, true]);
  });

  test('match only when every field that is asked for is the same', () => {
    const [, tcp] = parseConntrack(text);
    expect(matches(tcp.original, { dst: '10.240.0.20', dport: 31826 })).toBe(true);
    expect(matches(tcp.original, { dst: '10.240.0.20', dport: 80 })).toBe(false);
  });
});

describe('listings', () => {
  test('lsns may print numbers or strings', () => {
    const row = { type: 'net', user: 'root', netnsid: '1', command: '/pause' };
    const text = JSON.stringify({
      namespaces: [
        { ns: 4026532781, nprocs: 3, pid: 438, ...row },
        { ns: '4026532855', nprocs: '2', pid: '492', ...row },
      ],
    });
    expect(parseLsns(text).map(({ inode, pid }) => [inode, pid])).toEqual([
      [4026532781, 438],
      [4026532855, 492],
    ]);
  });

  test('brctl shows the first interface beside the bridge and the others below, and not those of the next bridge', () => {
    const text = [
      'bridge name\tbridge id\t\tSTP enabled\tinterfaces',
      'cnio0\t\t8000.ae4303d7f3bb\tno\t\tveth81445f14',
      '\t\t\t\t\t\t\tveth1911bd7d',
      'other\t\t8000.000000000000\tno\t\teth9',
      '',
    ].join('\n');
    expect(parseBridge(text, 'cnio0')).toEqual(['veth81445f14', 'veth1911bd7d']);
    expect(parseBridge(text, 'cni0')).toEqual([]);
    expect(
      parseBridge(
        'bridge name\tbridge id\t\tSTP enabled\tinterfaces\ncnio0\t\t8000.0\tno\t\t\n',
        'cnio0',
      ),
    ).toEqual([]);
  });

  test('both pings give their TTLs, and an unanswered ping gives none', () => {
    expect(
      parseAnswers(
        '64 bytes from 10.200.1.8: seq=0 ttl=62 time=0.409 ms\n64 bytes from 10.200.1.8: seq=1 ttl=62 time=0.1 ms',
      ),
    ).toEqual([62, 62]);
    expect(
      parseAnswers('64 bytes from worker-1 (10.240.0.21): icmp_seq=1 ttl=64 time=0.044 ms'),
    ).toEqual([64]);
    expect(
      parseAnswers(
        'From 10.240.0.1 icmp_seq=1 Destination Host Unreachable\n2 packets transmitted, 0 packets received',
      ),
    ).toEqual([]);
  });

  test('ps, ls, ctr and ethtool are read as they print', () => {
    const ps =
      '    PID TTY      STAT   TIME COMMAND\n    438 ?        Ssl    0:00 /pause\n    513 ?        Ss     0:00 nginx: master process nginx -g daemon off;';
    expect(parseProcesses(ps)).toEqual([
      { pid: 438, command: '/pause' },
      { pid: 513, command: 'nginx: master process nginx -g daemon off;' },
    ]);
    expect(parseInodes('4026532781 cni-34ed74fb-f43d-653f-989e-ff930daa348d\n')).toEqual([
      { inode: 4026532781, name: 'cni-34ed74fb-f43d-653f-989e-ff930daa348d' },
    ]);
    const id = 'a'.repeat(64);
    expect(
      parseContainers(
        `CONTAINER    IMAGE    RUNTIME\n${id}    docker.io/library/nginx:latest    io.containerd.runc.v2    \n`,
      ),
    ).toEqual([{ id, image: 'docker.io/library/nginx:latest', runtime: 'io.containerd.runc.v2' }]);
    expect(parseTasks(`TASK    PID    STATUS    \n${id}    551    RUNNING\n`)).toEqual([
      { id, pid: 551, state: 'RUNNING' },
    ]);
    expect(parsePeer('NIC statistics:\n     peer_ifindex: 4\n     rx_queue_0_drops: 0')).toBe(4);
    expect(parsePeer('no stats available')).toBeUndefined();
  });

  test('iptables counters carry source, target and the comment', () => {
    const text = [
      'Chain POSTROUTING (policy ACCEPT 0 packets, 0 bytes)',
      '    pkts      bytes target     prot opt in     out     source               destination         ',
      '       2       80 KUBE-POSTROUTING  0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes postrouting rules */',
      '      10      840 CNI-06b01ce199b415474707b7bd  all  --  *      *       10.200.0.2           0.0.0.0/0            /* name: "bridge" id: "7d9e" */',
    ].join('\n');
    expect(
      parseCounters(text).map(({ packets, target, source, comment }) => [
        packets,
        target,
        source,
        comment,
      ]),
    ).toEqual([
      [2, 'KUBE-POSTROUTING', '0.0.0.0/0', 'kubernetes postrouting rules'],
      [10, 'CNI-06b01ce199b415474707b7bd', '10.200.0.2', 'name: "bridge" id: "7d9e"'],
    ]);
  });

  test("nslookup's own server is not taken for an answer", () => {
    const name = 'kubernetes.default.svc.cluster.local';
    expect(
      parseLookup(
        `Server:\t\t10.32.0.10\nAddress:\t10.32.0.10:53\n\nName:\t${name}\nAddress: 10.32.0.1\n`,
        name,
      ),
    ).toEqual(['10.32.0.1']);
    expect(
      parseLookup(
        `Server:\t\t10.32.0.10\nAddress:\t10.32.0.10:53\n\n** server can't find ${name}: NXDOMAIN\n`,
        name,
      ),
    ).toEqual([]);
  });
});

const save = (nodePort: number): string =>
  [
    '*nat',
    ':KUBE-SERVICES - [0:0]',
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    `-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "v/nginx" -m tcp --dport ${nodePort} -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-4EA7`,
    `-A KUBE-NODEPORTS -p tcp -m comment --comment "v/nginx -j DNAT" -m tcp --dport ${nodePort} -j KUBE-EXT-4EA7`,
    '-A KUBE-EXT-4EA7 -m comment --comment "masquerade traffic for v/nginx external destinations" -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-4EA7 -j KUBE-SVC-4EA7',
    '-A KUBE-SERVICES -d 10.32.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU',
    '-A KUBE-SVC-TCOU ! -s 10.200.0.0/16 -d 10.32.0.10/32 -p udp -m comment --comment "x cluster IP" -m udp --dport 53 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-TCOU -m comment --comment "kube-system/kube-dns:dns -> 10.200.2.45:53" -m statistic --mode random --probability 0.5 -j KUBE-SEP-A',
    '-A KUBE-SVC-TCOU -m comment --comment "kube-system/kube-dns:dns -> 10.200.1.4:53" -j KUBE-SEP-B',
    '-A KUBE-SEP-A -s 10.200.2.45/32 -m comment --comment "kube-system/kube-dns:dns" -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-A -p udp -m comment --comment "kube-system/kube-dns:dns" -m udp -j DNAT --to-destination 10.200.2.45:53',
    '-A KUBE-SEP-B -p udp -m comment --comment "kube-system/kube-dns:dns" -m udp -j DNAT --to-destination 10.200.1.4:53',
    '-A KUBE-SVC-4EA7 -m comment --comment "v/nginx -> 10.200.1.9:80" -j KUBE-SEP-C',
    '-A KUBE-SEP-C -p tcp -m comment --comment "v/nginx" -m tcp -j DNAT --to-destination 10.200.1.9:80',
  ].join('\n');

describe("kube-proxy's rules, iptables mode", () => {
  test('a ClusterIP is followed to every endpoint', () => {
    const path = iptablesRules(save(31826)).path({
      address: '10.32.0.10',
      protocol: 'udp',
      port: 53,
    });
    expect(path.problems).toEqual([]);
    expect(path.targets.sort()).toEqual(['10.200.1.4:53', '10.200.2.45:53']);
  });

  test('a NodePort is followed through KUBE-EXT, from the rule for any address', () => {
    const path = iptablesRules(save(31826)).path({ protocol: 'tcp', port: 31826 });
    expect(path.targets).toEqual(['10.200.1.9:80']);
    expect(path.lines[0]).not.toContain('127.0.0.0/8');
  });

  test('the rule for 127.0.0.0/8 alone does not make a NodePort', () => {
    const without = save(31826)
      .split('\n')
      .filter((line) => !line.includes('-j DNAT" -m tcp'))
      .join('\n');
    expect(iptablesRules(without).path({ protocol: 'tcp', port: 31826 }).problems).toEqual([
      'no rule in KUBE-NODEPORTS for NodePort tcp 31826',
    ]);
  });

  test('names a missing protocol, endpoint or jump', () => {
    const rules = iptablesRules(save(31826));
    expect(rules.path({ address: '10.32.0.10', protocol: 'tcp', port: 53 }).problems).toEqual([
      'no rule in KUBE-SERVICES for 10.32.0.10 tcp 53',
    ]);
    const dead = iptablesRules(save(31826).replace(/^-A KUBE-SEP-C.*$/m, ''));
    expect(dead.path({ protocol: 'tcp', port: 31826 }).problems[0]).toContain('leads to no DNAT');
    expect(rules.entries().problems).toEqual([]);
    expect(iptablesRules(save(31826).replace(/^-A OUTPUT.*$/m, '')).entries().problems).toEqual([
      'OUTPUT does not jump to KUBE-SERVICES',
    ]);
  });
});

const ruleset = `table ip nat {
\tchain services {
\t}
}
table ip kube-proxy {
\tmap service-ips {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\tcomment "ClusterIP, ExternalIP and LoadBalancer IP traffic"
\t\telements = { 10.32.0.1 . tcp . 443 : goto service-2QRH-default/kubernetes/tcp/https,
\t\t\t     10.32.0.10 . udp . 53 : goto service-AAAA-kube-system/kube-dns/udp/dns }
\t}

\tmap service-nodeports {
\t\ttype inet_proto . inet_service : verdict
\t\telements = { tcp . 31500 : goto external-WPVS-v/nginx/tcp/ }
\t}

\tchain nat-prerouting {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tjump services
\t}

\tchain service-2QRH-default/kubernetes/tcp/https {
\t\tmeta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.240.0.10 . 6443, 1 : 10.240.0.11 . 6443 }
\t}

\tchain service-AAAA-kube-system/kube-dns/udp/dns {
\t\tnumgen random mod 1 vmap { 0 : goto endpoint-BBBB-kube-system/kube-dns/udp/dns__10.200.2.45/53 }
\t}

\tchain endpoint-BBBB-kube-system/kube-dns/udp/dns__10.200.2.45/53 {
\t\tip saddr 10.200.2.45 meta mark set meta mark | 0x00004000
\t\tmeta l4proto udp dnat to 10.200.2.45:53
\t}

\tchain external-WPVS-v/nginx/tcp/ {
\t\tmeta mark set meta mark | 0x00004000
\t\tgoto service-WPVS-v/nginx/tcp/
\t}

\tchain service-WPVS-v/nginx/tcp/ {
\t\tmeta l4proto tcp dnat ip to 10.200.1.9:80
\t}
}
`;

describe("kube-proxy's rules of ip6tables", () => {
  const rules = iptablesRules(
    [
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A KUBE-SERVICES -d fd00:10:32::a/128 -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp cluster IP" -m tcp --dport 53 -j KUBE-SVC-ERI',
      '-A KUBE-SVC-ERI -m comment --comment "kube-system/kube-dns:dns-tcp -> [fd00:10:200:1::2]:53" -j KUBE-SEP-GPJ',
      '-A KUBE-SEP-GPJ -p tcp -m comment --comment "kube-system/kube-dns:dns-tcp" -m tcp -j DNAT --to-destination [fd00:10:200:1::2]:53',
    ].join('\n'),
  );

  test('lead from an IPv6 ClusterIP to the pod', () => {
    expect(rules.path({ address: 'fd00:10:32::a', protocol: 'tcp', port: 53 })).toMatchObject({
      targets: ['[fd00:10:200:1::2]:53'],
      problems: [],
    });
    expect(rules.path({ address: 'fd00:10:32::b', protocol: 'tcp', port: 53 }).problems).toEqual([
      'no rule in KUBE-SERVICES for fd00:10:32::b tcp 53',
    ]);
  });
});

describe("kube-proxy's rules, nftables mode", () => {
  const rules = nftablesRules(ruleset);

  test('a ClusterIP is followed to its map of endpoints, or through endpoint chains', () => {
    expect(rules.path({ address: '10.32.0.1', protocol: 'tcp', port: 443 }).targets).toEqual([
      '10.240.0.10:6443',
      '10.240.0.11:6443',
    ]);
    expect(rules.path({ address: '10.32.0.10', protocol: 'udp', port: 53 }).targets).toEqual([
      '10.200.2.45:53',
    ]);
  });

  test('a NodePort is followed through its external chain', () => {
    expect(rules.path({ protocol: 'tcp', port: 31500 }).targets).toEqual(['10.200.1.9:80']);
  });

  test('a destination of IPv6 is followed in the table ip6 only', () => {
    const ipv6 = nftablesRules(
      `table ip6 kube-proxy {
\tmap service-ips {
\t\telements = { fd00:10:32::a . tcp . 53 : goto service-dns,
\t\t\t     fd00:10:32::52e6 . tcp . 80 : goto service-web }
\t}
\tchain nat-prerouting {
\t\tjump services
\t}
\tchain service-dns {
\t\tmeta l4proto tcp dnat ip6 to numgen random mod 2 map { 0 : fd00:10:200::2 . 53, 1 : fd00:10:200:1::2 . 53 }
\t}
\tchain service-web {
\t\tmeta l4proto tcp dnat ip6 to [fd00:10:200::9]:80
\t}
}
`,
      'ip6',
    );
    const targets = (address: string, port: number): string[] =>
      ipv6.path({ address, protocol: 'tcp', port }).targets;
    expect(targets('fd00:10:32::a', 53)).toEqual(['[fd00:10:200::2]:53', '[fd00:10:200:1::2]:53']);
    expect(targets('fd00:10:32::52e6', 80)).toEqual(['[fd00:10:200::9]:80']);
    expect(targets('10.32.0.10', 53)).toEqual([]);
    expect(ipv6.entries().problems).toEqual(['the chain nat-output does not jump to services']);
  });

  test('names the missing jump and the missing element', () => {
    expect(rules.entries().problems).toEqual(['the chain nat-output does not jump to services']);
    expect(rules.path({ address: '10.32.0.10', protocol: 'tcp', port: 53 }).problems).toEqual([
      'no element in the map service-ips for 10.32.0.10 tcp 53',
    ]);
    expect(nftablesRules('').path({ protocol: 'tcp', port: 31500 }).problems).toHaveLength(1);
  });
});
