import { parseCapture } from '../../../walk/capture';
import { changesBetween } from '../../../walk/changes';
import { endingOf, type Facts } from '../../../walk/ending';
import { parsePacket, type Sighting } from '../../../walk/packet';
import { encodePcapng } from '../../../walk/pcapng';
import type { ReportedVisit } from '../../../walk/report';
import { decidingRules, ruleTexts } from '../../../walk/rules';
import { hostMachine } from '../../../walk/taps/machine';
import { parseStatistics, type Seen } from '../../../walk/taps/tap';
import { parseTraces } from '../../../walk/trace';
import { joinWay } from '../../../walk/way';

const MARKER = 0x12345678;

/** Builds an IP packet with an ICMP echo that holds the marker. */
function echo(src: string, dst: string, { ttl = 64, type = 8 } = {}): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.set([0x45, 0, 0, 40, 0, 0, 0, 0, ttl, 1], 0);
  bytes.set(src.split('.').map(Number), 12);
  bytes.set(dst.split('.').map(Number), 16);
  bytes[20] = type;
  bytes.writeUInt32BE(MARKER, 28);
  return bytes;
}

interface At {
  place: string;
  interface: string;
  way: 'in' | 'out';
  time: number;
  foreign?: boolean;
}

const sighting = (where: At, bytes: Buffer): Sighting => ({
  mac: '',
  foreign: false,
  ...where,
  time: BigInt(where.time),
  packet: parsePacket(bytes)!,
  bytes,
});

const seenIn = (name: string, ...sightings: Sighting[]): Seen => ({
  place: {
    name,
    machine: hostMachine('/'),
    namespace: '/run/netns/x',
    interfaces: new Map([[2, { name: 'eth0', mac: '02:00', addresses: [] }]]),
  },
  sightings,
  traces: [],
});

describe('a capture', () => {
  test('keeps time, interface and direction of each record, and ignores a cut-off one', () => {
    const packet = echo('10.200.0.4', '10.200.1.3');
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b23c4d, 0);
    header.writeUInt32LE(276, 20);
    const record = Buffer.alloc(36);
    record.writeUInt32LE(7, 0);
    record.writeUInt32LE(9, 4);
    record.writeUInt32LE(20 + packet.length, 8);
    record.writeUInt16BE(0x0800, 16);
    record.writeInt32BE(5, 20);
    record.set([4, 6, 2, 0, 10, 240, 0, 20], 26);
    const whole = Buffer.concat([record, packet]);
    const [one, ...more] = parseCapture(Buffer.concat([header, whole, whole.subarray(0, 30)]));
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      time: 7_000_000_009n,
      ifindex: 5,
      way: 'out',
      mac: '02:00:0a:f0:00:14',
      foreign: false,
    });
    expect(parsePacket(one.bytes)).toMatchObject({ src: '10.200.0.4', kind: 'echo request' });
  });

  test('has packets to write while tcpdump has received more than it wrote or lost', () => {
    // tcpdump 4.99 on SIGUSR1.
    const asked =
      'tcpdump: 3 packets captured, 6 packets received by filter, 1 packet dropped by kernel\n';
    expect(parseStatistics(asked)).toEqual({ unwritten: 2, lost: 1 });
    // tcpdump 4.99 at its end.
    const ended =
      '24 packets captured\n74 packets received by filter\n50 packets dropped by kernel\n';
    expect(parseStatistics(asked + ended)).toEqual({ unwritten: 0, lost: 50 });
    expect(parseStatistics('listening on any')).toBeUndefined();
  });
});

describe('the joined way', () => {
  const there = echo('10.200.0.4', '10.200.1.3');
  const back = echo('10.200.1.3', '10.200.0.4', { type: 0 });

  test('follows the packet through the places by time, and separates the answer', () => {
    const trip = joinWay(
      [
        seenIn(
          'pod b',
          sighting({ place: 'pod b', interface: 'eth0', way: 'in', time: 3 }, there),
          sighting({ place: 'pod b', interface: 'eth0', way: 'out', time: 4 }, back),
        ),
        seenIn(
          'pod a',
          sighting({ place: 'pod a', interface: 'eth0', way: 'out', time: 1 }, there),
        ),
        seenIn(
          'worker-0',
          sighting({ place: 'worker-0', interface: 'cnio0', way: 'in', time: 2 }, there),
        ),
      ],
      { protocol: 'icmp', marker: MARKER },
    );
    expect(trip.forward.map(({ place }) => place.name)).toEqual(['pod a', 'worker-0', 'pod b']);
    expect(trip.reply.map(({ place }) => place.name)).toEqual(['pod b']);
  });

  test('leaves out the copies that a bridge sends to other pods', () => {
    const trip = joinWay(
      [
        seenIn(
          'worker-0',
          sighting({ place: 'worker-0', interface: 'vethB', way: 'out', time: 1 }, there),
        ),
        seenIn(
          'pod b',
          sighting({ place: 'pod b', interface: 'eth0', way: 'in', time: 2, foreign: true }, there),
        ),
      ],
      { protocol: 'icmp', marker: MARKER },
    );
    expect(trip.forward).toEqual([]);
  });
});

const TRACE = `
trace id 4e2e2672 inet hardway_walk arriving packet: iif "eth0" ether saddr 02:00:0a:f0:00:15 ether daddr 02:00:0a:f0:00:14 ip saddr 198.18.0.1 ip daddr 10.240.0.20 ip ttl 63 tcp sport 59250 tcp dport 31088
trace id 4e2e2672 inet hardway_walk arriving rule tcp sequence 7 meta nftrace set 1 # handle 4 (verdict continue)
trace id 4e2e2672 ip nat PREROUTING rule counter packets 5 bytes 300 jump KUBE-SERVICES # handle 7 (verdict jump KUBE-SERVICES)
trace id 4e2e2672 ip nat KUBE-SERVICES rule fib daddr type local jump KUBE-NODEPORTS # handle 103 (verdict jump KUBE-NODEPORTS)
trace id 4e2e2672 ip nat KUBE-NODEPORTS rule meta l4proto tcp dnat to 10.200.1.3:80 # handle 97 (verdict accept)
trace id 4e2e2672 ip filter FORWARD rule ct state new jump KUBE-FORWARD # handle 23 (verdict jump KUBE-FORWARD)
trace id 4e2e2672 ip filter FORWARD policy drop
`;

describe('a trace', () => {
  const [trace] = parseTraces(TRACE, 'hardway_walk');

  test('has the headers of the packet and no rule of the walk itself', () => {
    expect(trace.packet).toEqual({
      src: '198.18.0.1',
      dst: '10.240.0.20',
      sport: 59250,
      dport: 31088,
      ttl: 63,
    });
    expect(trace.events.map(({ table }) => table)).not.toContain('hardway_walk');
  });

  test('shows the deciding rules as iptables writes them, with the jumps that led to them', () => {
    const texts = ruleTexts(
      'table ip nat { # handle 1\n\tchain KUBE-NODEPORTS { # handle 2\n\t\tmeta l4proto tcp dnat to 10.200.1.3:80 # handle 97\n\t}\n}\n',
      '*nat\n-A KUBE-NODEPORTS -p tcp -j DNAT --to-destination 10.200.1.3:80\nCOMMIT\n',
    );
    expect(decidingRules(trace, texts)).toEqual([
      { chain: 'ip nat PREROUTING', text: 'jump KUBE-SERVICES', dropped: false },
      {
        chain: 'ip nat KUBE-SERVICES',
        text: 'fib daddr type local jump KUBE-NODEPORTS',
        dropped: false,
      },
      {
        chain: 'nat KUBE-NODEPORTS',
        text: '-A KUBE-NODEPORTS -p tcp -j DNAT --to-destination 10.200.1.3:80',
        dropped: false,
      },
      { chain: 'ip filter FORWARD', text: 'policy drop', dropped: true },
    ]);
  });

  test('shows a rule that keeps the connection untracked', () => {
    // nft 1.0.6, with the rule of `iptables -t raw -A PREROUTING -p tcp --dport 30000:32767 -j CT --notrack`.
    const [untracked] = parseTraces(
      'trace id c19c3ff2 ip raw PREROUTING packet: iif "eth0" ip saddr 198.18.0.1 ip daddr 10.240.0.20 ip ttl 64 tcp sport 38794 tcp dport 31088\n' +
        'trace id c19c3ff2 ip raw PREROUTING rule tcp dport 30000-32767 counter packets 0 bytes 0 notrack # handle 2 (verdict continue)\n',
      'hardway_walk',
    );
    expect(decidingRules(untracked, new Map())).toEqual([
      {
        chain: 'ip raw PREROUTING',
        text: expect.stringContaining('notrack'),
        dropped: false,
      },
    ]);
  });
});

describe('the ending', () => {
  const packet = parsePacket(echo('10.240.0.20', '10.200.1.3'))!;
  const visit = (place: string, more: Partial<ReportedVisit> = {}): ReportedVisit => ({
    place,
    hops: [{ interface: 'eth0', way: 'in', packet, mac: '', changes: [] }],
    route: { kind: 'route', text: '', missing: false },
    rules: [],
    conntrack: '',
    ...more,
  });
  const facts = (forward: ReportedVisit[], reply: ReportedVisit[] = []): Facts => ({
    forward,
    reply,
    from: 'pod default/busybox0',
    addresses: (place) => (place === 'pod default/ng1' ? ['10.200.1.3'] : []),
    target: { address: '10.200.1.3', protocol: 'icmp', port: 0 },
    outcome: 'silent',
    detail: '',
    nodePorts: [30000, 32767],
  });

  test('is at the router and names route.vpc if the router has no route', () => {
    const route = { kind: 'route' as const, text: 'blackhole default', missing: true };
    expect(endingOf(facts([visit('VPC router', { route })]))).toMatchObject({
      outcome: 'dropped',
      place: 'VPC router',
      reason: 'blackhole default',
      check: 'route.vpc',
    });
  });

  test('names route.vpc if the VPC sent the packet back to its sender', () => {
    const route = { kind: 'route' as const, text: 'martian source: 10.240.0.20', missing: true };
    expect(endingOf(facts([visit('worker-0', { route })]))).toMatchObject({ check: 'route.vpc' });
  });

  test('names the check of the flow if a rule of the firewall dropped the packet, with any route', () => {
    const rules = [{ chain: 'inet vpc forward', text: 'policy drop', dropped: true }];
    const route = { kind: 'route' as const, text: 'blackhole default', missing: true };
    const target = { address: '198.18.0.20', protocol: 'tcp' as const, port: 31088 };
    const closed = { ...facts([visit('VPC router', { rules, route })]), target };
    expect(endingOf(closed)).toMatchObject({
      reason: 'inet vpc forward: policy drop',
      check: 'nodeport.reach',
    });
  });

  test('names the rule that dropped the packet, and nat.ping for the source/destination check', () => {
    const rules = [{ chain: 'bridge vpc destination_check', text: 'drop', dropped: true }];
    expect(endingOf(facts([visit('VPC router', { rules })]))).toMatchObject({
      reason: 'bridge vpc destination_check: drop',
      check: 'nat.ping',
    });
  });

  test('names the neighbour that does not answer ARP, and pod.bridge', () => {
    const obstacle = {
      kind: 'neighbour' as const,
      text: '10.200.0.5 does not answer ARP on cnio0',
    };
    expect(endingOf(facts([visit('worker-0', { obstacle })]))).toMatchObject({
      outcome: 'dropped',
      place: 'worker-0',
      reason: obstacle.text,
      check: 'pod.bridge',
    });
    expect(endingOf({ ...facts([]), obstacle })).toMatchObject({
      place: 'pod default/busybox0',
      reason: 'no packet left pod default/busybox0: 10.200.0.5 does not answer ARP on cnio0',
      check: 'pod.bridge',
    });
  });

  test('names the full table of connections, also if the packet arrived', () => {
    const obstacle = { kind: 'conntrack' as const, text: 'the table is full' };
    const expected = { reason: obstacle.text, check: 'nodes.ping' };
    expect(endingOf(facts([visit('worker-1', { obstacle })]))).toMatchObject(expected);
    expect(endingOf(facts([visit('pod default/ng1', { obstacle })]))).toMatchObject({
      outcome: 'unanswered',
      ...expected,
    });
  });

  test('is at the first node if no rule translates a ClusterIP, even if the VPC has no route', () => {
    const service = { namespace: 'default', name: 'nginx', clusterIp: '10.32.0.9', ports: [] };
    const target = { address: '10.32.0.9', protocol: 'tcp' as const, port: 80, service };
    const toService = { ...packet, dst: '10.32.0.9' };
    const hops = [
      { interface: 'cnio0', way: 'in' as const, packet: toService, mac: '', changes: [] },
    ];
    const route = { kind: 'route' as const, text: 'blackhole default', missing: true };
    const rejecting = [{ chain: 'filter KUBE-SERVICES', text: '-j REJECT', dropped: true }];
    const way = [visit('pod default/busybox0', { hops }), visit('worker-0', { hops })];
    const lost = facts([...way, visit('VPC router', { hops, route })]);
    expect(endingOf({ ...lost, target })).toMatchObject({
      place: 'worker-0',
      reason: 'no rule of worker-0 translates 10.32.0.9:80 to a pod',
      check: 'svc.chains',
    });
    const rejected = facts([way[0], visit('worker-0', { hops, rules: rejecting })]);
    expect(endingOf({ ...rejected, target })).toMatchObject({
      reason: 'filter KUBE-SERVICES: -j REJECT',
    });
  });

  test('names the missing translation if a node answers that nothing listens at a NodePort', () => {
    const target = { address: '198.18.0.20', protocol: 'tcp' as const, port: 31088 };
    const toNode = { ...packet, dst: '10.240.0.20', dport: 31088 };
    const hops = [{ interface: 'eth0', way: 'in' as const, packet: toNode, mac: '', changes: [] }];
    const back = { ...packet, dst: '198.18.0.1' };
    const reply = [{ interface: 'hw0', way: 'in' as const, packet: back, mac: '', changes: [] }];
    const refused = facts([visit('worker-0', { hops })], [visit('laptop', { hops: reply })]);
    const addresses = (place: string): string[] =>
      place === 'laptop' ? ['198.18.0.1'] : ['10.240.0.20'];
    expect(
      endingOf({ ...refused, from: 'laptop', outcome: 'refused', target, addresses }),
    ).toMatchObject({
      outcome: 'unanswered',
      place: 'worker-0',
      reason: 'no rule of worker-0 translates NodePort 31088 to a pod',
      check: 'nodeport.chains',
    });
    const text = '-A PREROUTING -p tcp -m tcp --dport 30000:32767 -j CT --notrack';
    const untracked = { chain: 'raw PREROUTING', text, dropped: false };
    const forward = [visit('worker-0', { hops, rules: [untracked] })];
    expect(
      endingOf({ ...refused, forward, from: 'laptop', outcome: 'refused', target, addresses }),
    ).toMatchObject({
      reason: `worker-0 does not track the connection, and so does not translate NodePort 31088: raw PREROUTING: ${text}`,
      check: 'nodeport.entry',
    });
  });

  test('is an answer from a wrong address if no rule reversed the translation', () => {
    const target = { address: '10.32.0.9', protocol: 'icmp' as const, port: 0 };
    const back = parsePacket(echo('10.200.1.3', '10.200.0.4', { type: 0 }))!;
    const hops = [{ interface: 'eth0', way: 'in' as const, packet: back, mac: '', changes: [] }];
    const wrong = facts([visit('pod default/ng1')], [visit('pod default/busybox0', { hops })]);
    const addresses = (place: string): string[] =>
      place === 'pod default/ng1' ? ['10.200.1.3'] : ['10.200.0.4'];
    expect(endingOf({ ...wrong, target, addresses })).toMatchObject({
      outcome: 'dropped',
      dropped: 'answer',
      reason:
        'the answer came from 10.200.1.3, not from 10.32.0.9: no rule reversed the translation',
    });
    expect(endingOf({ ...wrong, addresses, outcome: 'answered' })).toMatchObject({
      outcome: 'delivered',
    });
  });

  test('is at the pod, without an answer, if the packet arrived and none came', () => {
    expect(endingOf(facts([visit('VPC router'), visit('pod default/ng1')]))).toMatchObject({
      outcome: 'unanswered',
      place: 'pod default/ng1',
    });
  });
});

test('changes between two interfaces are addresses, TTL and MAC', () => {
  const before = { mac: 'aa', packet: parsePacket(echo('10.200.0.4', '10.200.1.3'))! };
  const after = { mac: 'bb', packet: parsePacket(echo('10.240.0.20', '10.200.1.3', { ttl: 63 }))! };
  expect(changesBetween(before, after)).toEqual([
    'src 10.200.0.4 → 10.240.0.20',
    'ttl 64 → 63',
    'mac aa → bb',
  ]);
});

test('a pcapng file names each interface with its place, and its blocks fill it', () => {
  const bytes = echo('10.200.0.4', '10.200.1.3');
  const file = encodePcapng([
    sighting({ place: 'worker-0', interface: 'eth0', way: 'in', time: 5 }, bytes),
  ]);
  const types: number[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4))
    types.push(file.readUInt32LE(at));
  expect(types).toEqual([0x0a0d0d0a, 1, 6]);
  expect(file.toString('latin1')).toContain('worker-0/eth0');
});
