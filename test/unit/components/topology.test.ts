import * as fc from 'fast-check';
import { addressAt, contains, overlap, parseCidr } from '../../../util/cidr';
import { addressWithGroup, contains6, overlap6, subnet64 } from '../../../util/cidr6';
import { parseConfig, type RawConfig } from '../../../components/config';
import { topology } from '../../../components/topology';
import { each } from '../../support/each';

const octet = fc.integer({ min: 0, max: 255 });

/** Configs that are valid by construction: networks taken from ranges that can't meet. */
const validConfig: fc.Arbitrary<RawConfig> = fc
  .record({
    controllers: fc.constantFrom('1', '3'),
    workers: fc.integer({ min: 1, max: 9 }).map(String),
    node: fc.tuple(octet, fc.integer({ min: 24, max: 27 })),
    pod: fc.integer({ min: 16, max: 20 }),
    service: fc.integer({ min: 24, max: 27 }),
    ipMasq: fc.constantFrom('true', 'false'),
    proxyMode: fc.constantFrom('iptables', 'nftables'),
    stage: fc.constantFrom('none', 'network', 'cluster'),
    adminCidrs: fc.constantFrom('["198.18.0.0/15"]', '["203.0.113.0/24","0.0.0.0/0"]'),
    nodePortCidrs: fc.constantFrom('[]', '["0.0.0.0/0"]'),
  })
  .map(({ node: [third, prefix], pod, service, ...rest }) => ({
    ...rest,
    nodeCidr: `10.240.${third}.0/${prefix}`,
    podCidr: `10.200.0.0/${pod}`,
    serviceCidr: `10.32.0.0/${service}`,
  }));

describe('the topology of any valid config', () => {
  const holds = (
    property: (plan: ReturnType<typeof topology>, config: ReturnType<typeof parseConfig>) => void,
  ): void =>
    fc.assert(
      fc.property(validConfig, (raw) => {
        const config = parseConfig(raw);
        property(topology(config), config);
      }),
    );

  test('gives no address twice', () =>
    holds((plan) => {
      const addresses = [
        plan.gateway,
        plan.apiServiceIp,
        plan.dnsIp,
        ...plan.nodes.map((node) => node.privateIp),
      ];
      expect(new Set(addresses).size).toBe(addresses.length);
    }));

  test('keeps every address in its network', () =>
    holds((plan) => {
      each(plan.nodes, (node) => expect(contains(plan.nodeCidr, node.privateIp)).toBe(true));
      each([plan.apiServiceIp, plan.dnsIp], (address) =>
        expect(contains(plan.serviceCidr, address)).toBe(true),
      );
    }));

  test('gives every worker exactly one pod route, to its own pod CIDR by its own address', () =>
    holds((plan) => {
      const workers = plan.nodes.filter((node) => node.role === 'worker');
      expect(plan.routes).toHaveLength(workers.length);
      each(workers, (worker) => {
        const routes = plan.routes.filter((route) => route.nextHop === worker.name);
        expect(routes).toEqual([
          expect.objectContaining({ destination: worker.podCidr, nextHopIp: worker.privateIp }),
        ]);
      });
    }));

  test('gives workers pod CIDRs inside the pod network that do not overlap', () =>
    holds((plan) => {
      const pods = plan.routes.map((route) => route.destination);
      expect(pods.length).toBeGreaterThan(0);
      pods.forEach((cidr, index) => {
        expect(overlap(cidr, plan.podCidr)).toBe(true);
        expect(parseCidr(cidr).first).toBeGreaterThanOrEqual(parseCidr(plan.podCidr).first);
        for (const other of pods.slice(index + 1)) expect(overlap(cidr, other)).toBe(false);
      });
    }));

  test('describes every firewall rule and names its sources', () =>
    holds((plan) => {
      each(plan.rules, (rule) => {
        expect(rule.description).toMatch(/^[A-Z].{10,}/);
        expect(rule.sources.length).toBeGreaterThan(0);
      });
      expect(new Set(plan.rules.map((rule) => rule.name)).size).toBe(plan.rules.length);
    }));

  test('opens SSH and the API only to adminCidrs, and NodePorts only to nodePortCidrs', () =>
    holds((plan, config) => {
      const inside = [plan.nodeCidr, plan.podCidr];
      each(
        plan.rules.filter(({ name }) => !name.startsWith('allow-internal-')),
        (rule) => {
          expect(rule.sources).toEqual(
            rule.name === 'allow-nodeports' ? config.nodePortCidrs : config.adminCidrs,
          );
        },
      );
      each(
        plan.rules.filter(({ name }) => name.startsWith('allow-internal-')),
        (rule) => expect(rule.sources).toEqual(inside),
      );
    }));
});

describe('the topology of any valid dual-stack config', () => {
  type Plan = ReturnType<typeof topology>;
  const holds = (property: (plan: Plan, ipv4: Plan) => void): void =>
    fc.assert(
      fc.property(validConfig, (raw) =>
        property(
          topology(parseConfig({ ...raw, ipFamily: 'dual' })),
          topology(parseConfig({ ...raw, ipFamily: 'ipv4' })),
        ),
      ),
    );

  test('is the IPv4 topology when its IPv6 parts are left out', () =>
    holds(({ ipv6, nodes, rules, ...plan }, ipv4) => {
      expect(ipv6).toBeDefined();
      const bare = nodes.map(({ privateIp6: _, podCidr6: __, ...node }) => node);
      const ipv4Rules = rules.filter(({ sources }) => !sources.join().includes(':'));
      expect({ ...plan, nodes: bare, rules: ipv4Rules }).toEqual(ipv4);
      expect(JSON.stringify(ipv4)).not.toMatch(/fd00|6:|icmpv6/);
    }));

  test('gives no IPv6 address twice, and keeps each in its network', () =>
    holds(({ ipv6, nodes }) => {
      const inNodes = [ipv6!.gateway!, ...nodes.map((node) => node.privateIp6!)];
      const inServices = [ipv6!.apiServiceIp, ipv6!.dnsIp];
      expect(new Set([...inNodes, ...inServices]).size).toBe(nodes.length + 3);
      each(inNodes, (address) => expect(contains6(ipv6!.nodeCidr!, address)).toBe(true));
      each(inServices, (address) => expect(contains6(ipv6!.serviceCidr, address)).toBe(true));
    }));

  test('ends a node’s IPv6 address with its host number', () =>
    holds(({ nodes }) => {
      const first = { controller: 10, worker: 20 };
      each(nodes, ({ role, index, privateIp6 }) =>
        expect(privateIp6!.split(':').at(-1)).toBe(String(first[role] + index)),
      );
    }));

  test('gives workers /64s of the pod network that do not overlap, and no controller one', () =>
    holds(({ ipv6, nodes }) => {
      const pods = nodes.flatMap(({ podCidr6 }) => podCidr6 ?? []);
      expect(pods).toHaveLength(nodes.filter(({ role }) => role === 'worker').length);
      each(pods, (cidr) => {
        expect(cidr).toMatch(/\/64$/);
        expect(overlap6(cidr, ipv6!.podCidr)).toBe(true);
        expect(pods.filter((other) => overlap6(cidr, other))).toEqual([cidr]);
      });
    }));

  test('routes each worker’s /64 to that worker', () =>
    holds(({ ipv6, nodes }) => {
      const workers = nodes.filter(({ role }) => role === 'worker');
      expect(ipv6!.routes).toEqual(
        workers.map(({ name, podCidr6, privateIp6 }) => ({
          name: `pod-route6-${name}`,
          destination: podCidr6,
          nextHop: name,
          nextHopIp: privateIp6,
        })),
      );
    }));

  test('has networks that share no address', () =>
    holds(({ ipv6 }) => {
      const { nodeCidr, podCidr, serviceCidr } = ipv6!;
      expect(overlap6(nodeCidr!, podCidr)).toBe(false);
      expect(overlap6(nodeCidr!, serviceCidr)).toBe(false);
      expect(overlap6(podCidr, serviceCidr)).toBe(false);
    }));

  test('admits IPv6 packets of nodes and pods only', () =>
    holds(({ ipv6, rules }) => {
      const ipv6Rules = rules.filter(({ sources }) => sources.join().includes(':'));
      expect(ipv6Rules.map(({ name, protocol }) => [name, protocol])).toEqual([
        ['allow-internal-tcp6', 'tcp'],
        ['allow-internal-udp6', 'udp'],
        ['allow-internal-icmp6', 'icmpv6'],
      ]);
      each(ipv6Rules, ({ sources }) => expect(sources).toEqual([ipv6!.nodeCidr, ipv6!.podCidr]));
    }));
});

test('a dual-stack lab has the addresses of the IPv6 chapter', () => {
  const { nodes, ipv6 } = topology(parseConfig({ ipFamily: 'dual' }));
  expect(nodes.map((node) => `${node.name} ${node.privateIp6} ${node.podCidr6 ?? '-'}`)).toEqual([
    'controller-0 fd00:10:240::10 -',
    'controller-1 fd00:10:240::11 -',
    'controller-2 fd00:10:240::12 -',
    'worker-0 fd00:10:240::20 fd00:10:200::/64',
    'worker-1 fd00:10:240::21 fd00:10:200:1::/64',
    'worker-2 fd00:10:240::22 fd00:10:200:2::/64',
  ]);
  expect([ipv6!.gateway, ipv6!.apiServiceIp, ipv6!.dnsIp]).toEqual([
    'fd00:10:240::1',
    'fd00:10:32::1',
    'fd00:10:32::a',
  ]);
});

describe('an IPv6 CIDR', () => {
  test.each(['fd00::/129', 'fd00::1/64', '10.0.0.0/8', 'fd00::', 'fd00::/64/64'])(
    'does not parse from "%s"',
    (text) => {
      expect(() => contains6(text, 'fd00::1')).toThrow(/IPv6 CIDR|first address/);
    },
  );
  test('contains no IPv4 address', () => expect(contains6('::/0', '10.0.0.1')).toBe(false));
  test('has no address of a group that is no group', () =>
    expect(() => addressWithGroup('fd00::/64', '12345')).toThrow(RangeError));
  test('has as many /64s as its prefix length says', () => {
    expect(subnet64('2600:1f14:abc:de00::/56', 255)).toBe('2600:1f14:abc:deff::/64');
    expect(() => subnet64('2600:1f14:abc:de00::/56', 256)).toThrow(RangeError);
    expect(() => subnet64('fd00:10:200::/44', 1)).toThrow(RangeError);
    expect(() => subnet64('fd00:10:200::/80', 0)).toThrow(RangeError);
  });
});

test("is the article's plan by default", () => {
  const plan = topology(parseConfig({}));
  expect(plan.nodes.map((node) => `${node.name} ${node.privateIp} ${node.podCidr ?? '-'}`)).toEqual(
    [
      'controller-0 10.240.0.10 -',
      'controller-1 10.240.0.11 -',
      'controller-2 10.240.0.12 -',
      'worker-0 10.240.0.20 10.200.0.0/24',
      'worker-1 10.240.0.21 10.200.1.0/24',
      'worker-2 10.240.0.22 10.200.2.0/24',
    ],
  );
  expect([plan.gateway, plan.apiServiceIp, plan.dnsIp]).toEqual([
    '10.240.0.1',
    '10.32.0.1',
    '10.32.0.10',
  ]);
});

describe('a CIDR', () => {
  test('returns its addresses by number', () =>
    expect(addressAt('10.200.0.0/16', 256)).toBe('10.200.1.0'));
  test('has no address after its last one', () =>
    expect(() => addressAt('10.0.0.0/30', 4)).toThrow(RangeError));
  test.each(['10.0.0.0', '10.0.0.0/33', '300.0.0.0/8', 'fd00::/8', '010.0.0.0/8'])(
    'does not parse from "%s"',
    (text) => {
      expect(() => parseCidr(text)).toThrow('is not a CIDR');
    },
  );
});
