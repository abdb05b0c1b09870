import type { AwsVpc } from '../../../components/aws/read-vpc';
import type { GcpVpc } from '../../../components/gcp/read-vpc';
import type { Packet } from '../../../walk/packet';
import { awsInterfaces } from '../../../walk/vpc/aws';
import { crossVpc, routeTo, type Crossed } from '../../../walk/vpc/cross';
import type { VpcInterface } from '../../../walk/vpc/facts';
import { gcpInterfaces } from '../../../walk/vpc/gcp';

const NAMES = new Map([
  ['10.240.0.10', 'controller-0'],
  ['10.240.0.20', 'worker-0'],
  ['10.240.0.21', 'worker-1'],
]);

const packet = (src: string, dst: string, dport?: number): Packet => ({
  src,
  dst,
  protocol: dport === undefined ? 'icmp' : 'tcp',
  ttl: 63,
  kind: '',
  ...(dport !== undefined && { sport: 40000, dport }),
});

/** VPC of a full lab with two workers, in the form that the reader returns. */
const awsVpc = (): AwsVpc => ({
  tables: [
    { id: 'rtb-main', subnets: [], isMain: true, routes: [] },
    {
      id: 'rtb-1',
      subnets: ['subnet-1'],
      isMain: false,
      routes: [
        { destination: '10.240.0.0/24', target: 'local', state: 'active' },
        { destination: '0.0.0.0/0', target: 'igw-1', state: 'active' },
        { destination: '10.200.0.0/24', target: 'eni-20', state: 'active' },
        { destination: '10.200.1.0/24', target: 'eni-21', state: 'active' },
      ],
    },
  ],
  interfaces: ['10.240.0.10', '10.240.0.20', '10.240.0.21'].map((privateIp) => ({
    id: `eni-${privateIp.slice(-2)}`,
    subnet: 'subnet-1',
    privateIp,
    publicIp: `198.51.100.${privateIp.slice(-2)}`,
    sourceDestCheck: false,
    groups: [{ id: 'sg-all', name: 'nodes-all' }],
  })),
  rules: [
    {
      ...{ id: 'sgr-1', group: 'sg-all', isEgress: false, protocol: 'icmp', from: -1, to: -1 },
      ...{ cidr: '10.240.0.0/24', members: '', description: 'Nodes ping' },
    },
    {
      ...{ id: 'sgr-2', group: 'sg-all', isEgress: false, protocol: 'tcp', from: 30000, to: 32767 },
      ...{ cidr: '203.0.113.1/32', members: '', description: '' },
    },
    {
      ...{ id: 'sgr-3', group: 'sg-all', isEgress: true, protocol: '-1', from: -1, to: -1 },
      ...{ cidr: '0.0.0.0/0', members: '', description: '' },
    },
  ],
});

/** Sends a packet from a node through the VPC; no tap sees it again. */
function cross(interfaces: VpcInterface[], node: string, sent: Packet, isAnswer = false): Crossed {
  const from = interfaces.find((one) => one.node === node);
  return crossVpc({ from, packet: sent, arrived: undefined, isAnswer, interfaces });
}

const drops = ({ rules }: Crossed): string[] =>
  rules.filter(({ dropped }) => dropped).map(({ chain, text }) => `${chain}: ${text}`);

describe('a VPC of AWS', () => {
  test('routes a packet for a pod to the interface of its node, and names the rule that admits it', () => {
    const crossed = cross(
      awsInterfaces(awsVpc(), NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(crossed.route).toEqual({
      text: 'rtb-1: 10.200.1.0/24 via worker-1 (eni-21)',
      missing: false,
    });
    expect(crossed.nextHop).toBe('worker-1');
    expect(crossed.rules).toEqual([
      {
        chain: 'security group nodes-all',
        text: 'sgr-3: everything to 0.0.0.0/0',
        dropped: false,
      },
      {
        chain: 'security group nodes-all',
        text: 'sgr-1: icmp from 10.240.0.0/24 "Nodes ping"',
        dropped: false,
      },
    ]);
  });

  test('drops a packet for a pod at an interface that checks the destination', () => {
    const vpc = awsVpc();
    vpc.interfaces[2].sourceDestCheck = true;
    const crossed = cross(
      awsInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(drops(crossed)).toEqual([
      'source/destination check: eni-21 of worker-1: SourceDestCheck true',
    ]);
    const own = cross(awsInterfaces(vpc, NAMES), 'worker-0', packet('10.240.0.20', '10.240.0.21'));
    expect(drops(own)).toEqual([]);
  });

  test('drops a packet of a pod at an interface that checks the source', () => {
    const vpc = awsVpc();
    vpc.interfaces[1].sourceDestCheck = true;
    const crossed = cross(
      awsInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.200.0.2', '10.200.1.2'),
    );
    expect(drops(crossed)).toEqual([
      'source/destination check: eni-20 of worker-0: SourceDestCheck true',
    ]);
  });

  test('has no way for a packet whose route leads to an interface that does not exist', () => {
    const vpc = awsVpc();
    vpc.tables[1].routes[3] = { destination: '10.200.1.0/24', target: 'eni-9', state: 'blackhole' };
    const { route } = cross(
      awsInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(route).toEqual({
      text: 'rtb-1: 10.200.1.0/24 via no interface (eni-9) (blackhole)',
      missing: true,
    });
  });

  test('gives a subnet without a table of its own the main table', () => {
    const vpc = awsVpc();
    vpc.tables[1].subnets = [];
    const { route } = cross(
      awsInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(route).toEqual({ text: 'no route to 10.200.1.2 for worker-0', missing: true });
  });

  test('names the rules for the port of a packet that none of them admits', () => {
    const interfaces = awsInterfaces(awsVpc(), NAMES);
    const crossed = crossVpc({
      from: undefined,
      packet: packet('192.168.1.5', '198.51.100.20', 31088),
      arrived: undefined,
      isAnswer: false,
      interfaces,
    });
    expect(crossed.route.text).toBe('internet gateway: 198.51.100.20 is 10.240.0.20 of worker-0');
    expect(drops(crossed)).toEqual([
      'firewall of worker-0: no rule admits tcp 192.168.1.5:40000 → 10.240.0.20:31088; it has sgr-2: tcp 30000-32767 from 203.0.113.1/32',
    ]);
  });

  test('compares rules with the source address that the packet has when it arrives', () => {
    const interfaces = awsInterfaces(awsVpc(), NAMES);
    const crossed = crossVpc({
      from: undefined,
      packet: packet('192.168.1.5', '198.51.100.20', 31088),
      arrived: packet('203.0.113.1', '10.240.0.20', 31088),
      isAnswer: false,
      interfaces,
    });
    expect(crossed.rules.map(({ text }) => text)).toEqual([
      'sgr-2: tcp 30000-32767 from 203.0.113.1/32',
    ]);
  });

  test('shows no rule that drops a packet which arrived', () => {
    const vpc = awsVpc();
    vpc.interfaces[2].sourceDestCheck = true;
    const interfaces = awsInterfaces(vpc, NAMES);
    const sent = packet('10.240.0.20', '10.200.1.2');
    const from = interfaces[1];
    const crossed = crossVpc({ from, packet: sent, arrived: sent, isAnswer: false, interfaces });
    expect(drops(crossed)).toEqual([]);
    expect(crossed.to).toMatchObject({ node: 'worker-1' });
  });

  test('lets an answer pass without a rule for it', () => {
    const vpc = { ...awsVpc(), rules: [] };
    const sent = packet('10.240.0.21', '10.240.0.20');
    expect(drops(cross(awsInterfaces(vpc, NAMES), 'worker-1', sent))).not.toEqual([]);
    expect(drops(cross(awsInterfaces(vpc, NAMES), 'worker-1', sent, true))).toEqual([]);
  });

  test('translates a packet for the internet, and drops one of a pod there', () => {
    const interfaces = awsInterfaces(awsVpc(), NAMES);
    const node = cross(interfaces, 'worker-0', packet('10.240.0.20', '8.8.8.8'));
    expect(node).toMatchObject({ to: 'internet', nextHop: 'the internet' });
    expect(node.rules.at(-1)!.text).toBe('src 10.240.0.20 → 198.51.100.20');
    const pod = cross(interfaces, 'worker-0', packet('10.200.0.2', '8.8.8.8'));
    expect(pod.to).toBeUndefined();
    expect(drops(pod)).toEqual(['internet gateway: 10.200.0.2 has no public address']);
  });

  test('admits the members of a group that a rule names', () => {
    const vpc = awsVpc();
    vpc.rules[0] = { ...vpc.rules[0], cidr: '', members: 'sg-all' };
    const interfaces = awsInterfaces(vpc, NAMES);
    expect(drops(cross(interfaces, 'worker-0', packet('10.240.0.20', '10.240.0.21')))).toEqual([]);
    const pod = cross(interfaces, 'worker-0', packet('10.200.0.2', '10.240.0.21'));
    expect(drops(pod)).toHaveLength(1);
  });
});

const BASE = 'https://www.googleapis.com/compute/v1/projects/p';
const NETWORK = `${BASE}/global/networks/gcp`;

/** Answers in the form of the API's discovery document (compute.v1: Route, Firewall, Instance). */
const gcpVpc = (): GcpVpc => ({
  routes: [
    {
      name: 'default-route-1',
      network: NETWORK,
      destRange: '0.0.0.0/0',
      priority: 1000,
      nextHopGateway: `${BASE}/global/gateways/default-internet-gateway`,
    },
    {
      name: 'gcp-way-out',
      network: NETWORK,
      destRange: '0.0.0.0/0',
      priority: 900,
      tags: ['gcp-private'],
      nextHopInstance: `${BASE}/zones/z/instances/gcp-controller-0`,
    },
    {
      name: 'default-route-2',
      network: NETWORK,
      destRange: '10.240.0.0/24',
      priority: 0,
      nextHopNetwork: NETWORK,
    },
    {
      name: 'gcp-pod-route-worker-1',
      network: NETWORK,
      destRange: '10.200.1.0/24',
      priority: 1000,
      nextHopInstance: `${BASE}/zones/z/instances/gcp-worker-1`,
    },
  ],
  firewalls: [
    {
      name: 'gcp-allow-internal-icmp',
      network: NETWORK,
      direction: 'INGRESS',
      priority: 1000,
      sourceRanges: ['10.240.0.0/24', '10.200.0.0/16'],
      targetTags: ['gcp'],
      allowed: [{ IPProtocol: 'icmp' }],
    },
    {
      name: 'gcp-allow-nodeports',
      network: NETWORK,
      direction: 'INGRESS',
      priority: 1000,
      sourceRanges: ['203.0.113.1/32'],
      targetTags: ['gcp-worker'],
      allowed: [{ IPProtocol: 'tcp', ports: ['30000-32767'] }],
    },
  ],
  instances: [
    ['gcp-controller-0', '10.240.0.10', '198.51.100.10', ['gcp', 'gcp-controller']],
    ['gcp-worker-0', '10.240.0.20', '', ['gcp', 'gcp-worker', 'gcp-private']],
    ['gcp-worker-1', '10.240.0.21', '198.51.100.21', ['gcp', 'gcp-worker']],
  ].map(([name, networkIP, natIP, items]) => ({
    name: name as string,
    canIpForward: true,
    tags: { items: items as string[] },
    networkInterfaces: [
      {
        network: NETWORK,
        networkIP: networkIP as string,
        accessConfigs: natIP ? [{ type: 'ONE_TO_ONE_NAT', natIP: natIP as string }] : [],
      },
    ],
  })),
});

describe('a VPC of Google Cloud', () => {
  test('routes a packet for a pod to its instance, and names the rule that admits it', () => {
    const crossed = cross(
      gcpInterfaces(gcpVpc(), NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(crossed.route.text).toBe('gcp-pod-route-worker-1: 10.200.1.0/24 via gcp-worker-1');
    expect(crossed.nextHop).toBe('worker-1');
    expect(crossed.rules.map(({ chain, text }) => `${chain}: ${text}`)).toEqual([
      'implied rule of egress: allow all',
      'firewall rule gcp-allow-internal-icmp: allow icmp from 10.240.0.0/24, 10.200.0.0/16',
    ]);
  });

  test('gives routes with a network tag to instances with the tag only', () => {
    const [controller, worker] = gcpInterfaces(gcpVpc(), NAMES);
    expect(routeTo(worker.routes, '8.8.8.8')!.to).toEqual({ interface: 'gcp-controller-0' });
    expect(routeTo(controller.routes, '8.8.8.8')!.to).toBe('internet');
  });

  test('drops a packet that no rule admits, by the implied rule', () => {
    const interfaces = gcpInterfaces(gcpVpc(), NAMES);
    const crossed = cross(interfaces, 'worker-0', packet('10.240.0.20', '10.240.0.21', 22));
    expect(drops(crossed)).toEqual(['implied rule of ingress: deny all']);
  });

  test('lets a rule that denies win against one that allows with the same priority', () => {
    const vpc = gcpVpc();
    const deny = { ...vpc.firewalls[0], name: 'no-ping', denied: vpc.firewalls[0].allowed };
    vpc.firewalls.push({ ...deny, allowed: undefined });
    const sent = packet('10.240.0.20', '10.240.0.21');
    const crossed = cross(gcpInterfaces(vpc, NAMES), 'worker-0', sent);
    expect(drops(crossed)).toEqual([
      'firewall rule no-ping: deny icmp from 10.240.0.0/24, 10.200.0.0/16',
    ]);
    vpc.firewalls[2].disabled = true;
    expect(drops(cross(gcpInterfaces(vpc, NAMES), 'worker-0', sent))).toEqual([]);
  });

  test('drops a packet for a pod at an instance that may not forward', () => {
    const vpc = gcpVpc();
    vpc.instances[2].canIpForward = false;
    const crossed = cross(
      gcpInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(drops(crossed)).toEqual(['source/destination check: gcp-worker-1: canIpForward false']);
  });

  test('has no way for a packet whose route leads to an instance that does not exist', () => {
    const vpc = gcpVpc();
    vpc.instances.pop();
    const crossed = cross(
      gcpInterfaces(vpc, NAMES),
      'worker-0',
      packet('10.240.0.20', '10.200.1.2'),
    );
    expect(crossed.route).toEqual({
      text: 'gcp-pod-route-worker-1: 10.200.1.0/24 via gcp-worker-1',
      missing: true,
    });
  });
});
