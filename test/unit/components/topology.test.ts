import * as fc from 'fast-check';
import { addressAt, contains, overlap, parseCidr } from '../../../util/cidr';
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
