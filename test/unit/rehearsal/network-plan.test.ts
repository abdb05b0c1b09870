import {
  METADATA,
  planNetwork,
  type NetworkPlan,
} from '../../../rehearsal/data-plane/network-plan';
import type { World } from '../../../rehearsal/data-plane/world';
import { smallWorld } from './small-world';

const CONTROLLER = 'p000000000001';
const WORKER = 'p000000000002';

/** Plans the small world's router after `change`. */
function planOf(change: (world: World) => void = () => undefined): NetworkPlan {
  const world = smallWorld();
  change(world);
  return planNetwork(world, world.vpcs[0], '100.64.1.1');
}

/** The lines of a chain of the ruleset. */
function chain(plan: NetworkPlan, name: string): string[] {
  const [, body] = new RegExp(`chain ${name} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\\n  \\}`).exec(
    plan.nft,
  )!;
  return body.split('\n').map((line) => line.trim());
}

describe('routes', () => {
  test('gives each subnet the routes of the subnet’s table', () => {
    const { routes, tables } = planOf();
    expect(tables.get(CONTROLLER)).toBe('100');
    expect(tables.get(WORKER)).toBe('101');
    expect(routes.get('100')).toContain(`10.200.0.0/24 via 10.240.0.20 dev ${WORKER} onlink`);
    expect(routes.get('101')).toContain(`0.0.0.0/0 via 10.240.0.10 dev ${CONTROLLER} onlink`);
    expect(routes.get('101')!.join()).not.toContain('10.200.0.0/24');
  });

  test('has no way out of a subnet with a table without a default route', () => {
    const { routes } = planOf((world) => void world.tables[0].routes.shift());
    expect(routes.get('100')).toContain('blackhole default');
  });

  test('keeps packets to the VPC from the default route', () => {
    const { routes } = planOf();
    expect(routes.get('100')).toContain('blackhole 10.240.0.0/24');
    expect(routes.get('101')).toContain('blackhole 10.240.0.0/24');
  });

  test('drops what goes to a detached internet gateway', () => {
    const { routes, publicAddresses } = planOf((world) => void (world.vpcs[0].gateway = null));
    expect(routes.get('100')).toContain('blackhole 0.0.0.0/0');
    expect(publicAddresses).toEqual([]);
  });

  test('drops what goes to an interface that does not exist any more', () => {
    const { routes } = planOf((world) => void (world.tables[0].routes[1].via = null));
    expect(routes.get('100')).toContain('blackhole 10.200.0.0/24');
  });
});

describe('source/destination check', () => {
  test('lets an interface with the check carry its own address only', () => {
    const lines = chain(planOf(), 'checks');
    expect(lines).toContain(`iifname "${WORKER}" ip saddr != 10.240.0.20 counter drop`);
    expect(lines).toContain(`oifname "${WORKER}" ip daddr != 10.240.0.20 counter drop`);
  });

  test('lets an interface without the check carry every address', () => {
    expect(chain(planOf(), 'checks').join()).not.toContain(CONTROLLER);
  });
});

describe('security groups', () => {
  test('lets in what a rule names, and drops the rest', () => {
    expect(chain(planOf(), `in_${CONTROLLER}`)).toEqual([
      'ip saddr { 203.0.113.1/32 } tcp dport 22-22 accept',
      'ip saddr { 10.240.0.0/24 } ip protocol icmp accept',
      'ip saddr { 10.240.0.10, 10.240.0.20 } udp dport 0-65535 accept',
      'counter drop',
    ]);
  });

  test('lets in only members of the security group that a rule names', () => {
    const plan = planOf((world) => void (world.interfaces[1].groups = []));
    expect(chain(plan, `in_${CONTROLLER}`)).toContain(
      'ip saddr { 10.240.0.10 } udp dport 0-65535 accept',
    );
  });

  test('drops everything to an interface with groups without a rule', () => {
    const plan = planOf((world) => void (world.groups[0].ingress = []));
    expect(chain(plan, `in_${CONTROLLER}`)).toEqual(['counter drop']);
  });

  test('drops everything from an interface with groups without an egress rule', () => {
    const plan = planOf((world) => void (world.groups[0].egress = []));
    expect(chain(plan, `out_${CONTROLLER}`)).toEqual(['counter drop']);
  });
});

describe('public addresses', () => {
  test('lead to the interface that has them', () => {
    const plan = planOf();
    expect(plan.publicAddresses).toEqual(['198.18.0.10']);
    expect(plan.nft).toContain('elements = { 198.18.0.10 : 10.240.0.10 }');
  });

  test('are the source of packets that leave, one for each private address', () => {
    const plan = planOf();
    expect(plan.nft).toContain('elements = { 10.240.0.10 : 198.18.0.10 }');
    expect(chain(plan, 'leaving')).toContain(
      'oifname "internet" snat ip to ip saddr map @to_public',
    );
  });

  test('let nothing out of an interface that has none', () => {
    expect(chain(planOf(), 'checks')).toContain(
      'oifname "internet" ip saddr != { 192.0.2.0, 10.240.0.10 } counter drop',
    );
  });
});

describe('metadata', () => {
  test('limits the hops of the answers to each instance', () => {
    const plan = planOf((world) => void (world.instances[1].metadata.hopLimit = 2));
    expect(plan.mangle).toContain(`-s ${METADATA}/32 -d 10.240.0.10/32 -j TTL --ttl-set 1`);
    expect(plan.mangle).toContain(`-s ${METADATA}/32 -d 10.240.0.20/32 -j TTL --ttl-set 2`);
  });
});

describe('IPv6', () => {
  const dualStack = (world: World): void => {
    world.vpcs[0].cidr6 = '2001:db8:0:100::/56';
    for (const [at, subnet] of world.subnets.entries()) subnet.cidr6 = `2001:db8:0:10${at}::/64`;
    world.interfaces[0].ip6 = '2001:db8:0:100::10';
    world.interfaces[1].ip6 = '2001:db8:0:101::20';
    const pods = { destination: 'fd00:10:200::/64', via: { interface: 'eni-000000000002' } };
    for (const { routes } of world.tables) routes.push(pods);
    world.tables[0].routes.push({ destination: '::/0', via: { gateway: 'igw-1' } });
    world.groups[0].ingress.push({
      ...{ protocol: 'icmpv6', from: -1, to: -1, group: null },
      cidr: 'fd00:10:200::/48',
    });
  };

  test('gives each subnet its routes apart from those of IPv4, and no way out', () => {
    const { routes, ipv6 } = planOf(dualStack);
    expect(ipv6.routes.get('101')).toEqual([
      `2001:db8:0:100::10 dev ${CONTROLLER}`,
      `2001:db8:0:101::20 dev ${WORKER}`,
      'blackhole 2001:db8:0:100::/56',
      `fd00:10:200::/64 via 2001:db8:0:101::20 dev ${WORKER} onlink`,
      'blackhole default',
    ]);
    expect(ipv6.routes.get('100')!.join()).not.toContain('::/0');
    expect([...routes.values()].flat().join()).not.toContain('::');
  });

  test('answers an instance for the others of its subnet only', () => {
    expect(planOf(dualStack).ipv6.neighbours).toEqual([]);
    const { ipv6 } = planOf((world) => {
      dualStack(world);
      world.interfaces[0].subnet = 'subnet-b';
    });
    expect(ipv6.neighbours).toEqual([
      `2001:db8:0:101::20 dev ${CONTROLLER}`,
      `2001:db8:0:100::10 dev ${WORKER}`,
    ]);
  });

  test('admits what a rule names, and neighbour discovery', () => {
    const plan = planOf(dualStack);
    expect(chain(plan, `in_${WORKER}`)).toContain(
      'ip6 saddr { fd00:10:200::/48 } meta l4proto ipv6-icmp accept',
    );
    expect(chain(plan, 'own').join()).toContain('nd-neighbor-solicit');
  });

  test('is checked for source and destination, too', () => {
    const lines = chain(planOf(dualStack), 'checks');
    expect(lines).toContain(`iifname "${WORKER}" ip6 saddr != 2001:db8:0:101::20 counter drop`);
    expect(lines).toContain(`oifname "${WORKER}" ip6 daddr != 2001:db8:0:101::20 counter drop`);
  });

  test('is in no part of the plan of an IPv4 VPC', () => {
    const { ipv6, nft } = planOf();
    expect(ipv6).toEqual({ routes: new Map(), neighbours: [], mangle: '' });
    expect(nft).not.toMatch(/ip6|icmpv6/);
  });
});
