import { addressAt, parseCidr } from '../../util/cidr';
import { isIpv6 } from '../../util/cidr6';
import { fieldsIf, itemsIf, listOf, textIf } from '../../util/optional';
import { targetKey } from './health';
import type { GroupRule, Interface, Route, Subnet, Vpc, World } from './world';

/** Address of the metadata service, the same on every node. */
export const METADATA = '169.254.169.254';
/** Address of the VPC's resolver. */
export const RESOLVER = '169.254.169.253';
/** Name of the router's interface toward the Internet. */
export const INTERNET = 'internet';

/** First routing table of a router's subnets. */
const FIRST_TABLE = 100;

/** Wanted state of a VPC's router. Equal worlds give equal plans. */
export interface NetworkPlan {
  /** A port for each network interface of the VPC. */
  ports: Port[];
  /** Addresses of the router itself: each subnet's gateway, the metadata service, the resolver. */
  addresses: string[];
  /** Ruleset of nftables. */
  nft: string;
  /** Rules of the table mangle, as iptables-restore takes them. */
  mangle: string;
  /** Routes by routing table, each as `ip route add` takes it; `main` is for packets from the Internet. */
  routes: Map<string, string[]>;
  /** IPv6 routes by routing table, and the addresses that the router answers for; empty in IPv4. */
  ipv6: { routes: Map<string, string[]>; neighbours: string[]; mangle: string };
  /** Routing table by port. */
  tables: Map<string, string>;
  /** Public addresses that lead to this VPC. */
  publicAddresses: string[];
}

export interface Port {
  /** Name of the router's end: 15 characters are all that Linux takes. */
  name: string;
  interface: string;
  privateIp: string;
  prefixLength: number;
  gateway: string;
  /** IPv6 address and the subnet's network; unset in an IPv4 subnet. */
  ipv6?: { address: string; network: string };
}

export const portName = (id: string): string => `p${id.slice(-12)}`;

/** An nft set of values. */
const anyOf = (values: string[]): string => `{ ${values.join(', ')} }`;

/** Lists the addresses at the remote end of a rule: those of a group's members, or a CIDR. */
function remotesOf({ group, cidr }: GroupRule, world: World): string[] {
  if (!group) return listOf(cidr);
  return world.interfaces
    .filter(({ groups }) => groups.includes(group))
    .map(({ privateIp }) => privateIp);
}

/** Renders the match of a rule; `undefined` if it matches nothing. `side` is the remote end. */
function match(rule: GroupRule, side: 'saddr' | 'daddr', world: World): string | undefined {
  const remotes = remotesOf(rule, world);
  if (remotes.length === 0) return undefined;
  const remote = `ip${textIf(isIpv6(remotes[0]), '6')} ${side} ${anyOf(remotes)}`;
  if (rule.protocol === '-1') return remote;
  if (rule.protocol === 'icmpv6') return `${remote} meta l4proto ipv6-icmp`;
  if (rule.protocol === 'icmp') return `${remote} ip protocol icmp`;
  return `${remote} ${rule.protocol} dport ${rule.from}-${rule.to}`;
}

const DIRECTIONS = {
  ingress: { prefix: 'in', side: 'saddr', verdict: 'accept' },
  egress: { prefix: 'out', side: 'daddr', verdict: 'return' },
} as const;

/** The chain of one direction of an interface: nothing passes that no rule of its groups lets pass. */
function groupChain(one: Interface, direction: 'ingress' | 'egress', world: World): string {
  const { prefix, side, verdict } = DIRECTIONS[direction];
  const rules = world.groups
    .filter(({ id }) => one.groups.includes(id))
    .flatMap((group) => group[direction])
    .flatMap((rule) => match(rule, side, world) ?? [])
    .map((text) => `    ${text} ${verdict}`);
  return [
    `  chain ${prefix}_${portName(one.id)} {`,
    ...new Set(rules),
    '    counter drop',
    '  }',
  ].join('\n');
}

/** Source/destination check: an interface carries only packets of the interface's address. */
function ownAddressOnly(one: Interface): string[] {
  if (!one.sourceDestCheck) return [];
  const port = portName(one.id);
  return [
    `    iifname "${port}" ip saddr != ${one.privateIp} counter drop`,
    `    oifname "${port}" ip daddr != ${one.privateIp} counter drop`,
    ...listOf(one.ip6).flatMap((address) => [
      `    iifname "${port}" ip6 saddr != ${address} counter drop`,
      `    oifname "${port}" ip6 daddr != ${address} counter drop`,
    ]),
  ];
}

/** Neighbour discovery between an instance and the router, which no security group concerns. */
const NEIGHBOURS = '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept';

/** Returns whether a target is healthy, by its key. */
type IsHealthy = (key: string) => boolean;

/** A listener that preserves client addresses, with the targets that get its connections. */
interface Preserved {
  publicIp: string;
  /** Port of the balancer's interface on the router. */
  of: string;
  port: number;
  targets: string[];
}

/** Lists the listeners that preserve client addresses. If no target is healthy, all get connections. */
function preservedListeners(world: World, publics: Interface[], isHealthy: IsHealthy): Preserved[] {
  return world.balancers.flatMap((balancer) => {
    const own = publics.find(({ id }) => id === balancer.interface);
    if (!own) return [];
    return balancer.listeners.flatMap(({ port, targets }) => {
      if (!targets?.preserveClientIp) return [];
      const all = targets.instances.flatMap(({ id, port: target }) => {
        const instance = world.instances.find((one) => one.id === id);
        const address = world.interfaces.find((one) => one.id === instance?.interface)?.privateIp;
        return listOf(address).map((known) => ({ id, to: `${known} . ${target}` }));
      });
      const healthy = all.filter(({ id }) => isHealthy(targetKey(balancer, port, id)));
      const [chosen = []] = [healthy, all].filter(({ length }) => length > 0);
      if (chosen.length === 0) return [];
      const name = portName(own.id);
      return { publicIp: own.publicIp!, of: name, port, targets: chosen.map(({ to }) => to) };
    });
  });
}

/** Renders the choice of a target for each connection to a listener. */
function choice({ publicIp, port, targets }: Preserved): string {
  const numbered = targets.map((target, number) => `${number} : ${target}`);
  return (
    `    iifname "${INTERNET}" ip daddr ${publicIp} tcp dport ${port} dnat ip to ` +
    `jhash ip saddr . tcp sport mod ${targets.length} map ${anyOf(numbered)}`
  );
}

/**
 * Renders the chain that admits packets to balancers that preserve client addresses. The choice of a
 * target follows, so that the rules of the target's groups see the client too.
 */
function admissions(preserved: Preserved[]): string[] {
  if (preserved.length === 0) return [];
  const pairs = new Map(preserved.map(({ publicIp, of }) => [publicIp, of]));
  return [
    '  chain admissions {',
    '    type filter hook prerouting priority dstnat - 10; policy accept;',
    ...[...pairs].map(
      ([publicIp, of]) => `    iifname "${INTERNET}" ip daddr ${publicIp} jump in_${of}`,
    ),
    '  }',
  ];
}

/** Renders the egress rules of the balancers' groups for connections to their targets. */
const departures = (preserved: Preserved[]): string[] => [
  ...new Set(
    preserved.map(
      ({ publicIp, of }) =>
        `    iifname "${INTERNET}" ct original ip daddr ${publicIp} jump out_${of}`,
    ),
  ),
];

/** Returns the chain of packets to the VPC's own services: the metadata service and the resolver. */
function ownChain(interfaces: Interface[]): string[] {
  return [
    '  chain own {',
    '    type filter hook input priority filter; policy drop;',
    '    ct state established,related accept',
    '    iifname "lo" accept',
    ...itemsIf(
      interfaces.some(({ ip6 }) => ip6),
      NEIGHBOURS,
    ),
    ...interfaces.map(
      ({ id, privateIp }) => `    iifname "${portName(id)}" ip saddr != ${privateIp} counter drop`,
    ),
    `    iifname != "${INTERNET}" ip daddr ${METADATA} tcp dport 80 accept`,
    `    iifname != "${INTERNET}" ip daddr ${RESOLVER} udp dport 53 accept`,
    `    iifname != "${INTERNET}" ip daddr ${RESOLVER} tcp dport 53 accept`,
    '  }',
  ];
}

interface RulesetParts {
  world: World;
  interfaces: Interface[];
  /** Interfaces with a public address. */
  publics: Interface[];
  preserved: Preserved[];
}

function ruleset({ world, interfaces, publics, preserved }: RulesetParts): string {
  const jumps = (prefix: string): string =>
    anyOf(interfaces.map(({ id }) => `"${portName(id)}" : jump ${prefix}_${portName(id)}`));
  const map = (name: string, pairs: string[]): string =>
    [
      `  map ${name} {`,
      '    type ipv4_addr : ipv4_addr',
      ...itemsIf(pairs.length > 0, `    elements = ${anyOf(pairs)}`),
      '  }',
    ].join('\n');
  return [
    // Both lines: the first makes the second succeed where there is no table yet.
    'table inet vpc {}',
    'delete table inet vpc',
    'table inet vpc {',
    map(
      'to_private',
      publics.map(({ publicIp, privateIp }) => `${publicIp} : ${privateIp}`),
    ),
    map(
      'to_public',
      publics.map(({ publicIp, privateIp }) => `${privateIp} : ${publicIp}`),
    ),
    '  chain arriving {',
    '    type nat hook prerouting priority dstnat',
    ...preserved.map(choice),
    `    iifname "${INTERNET}" dnat ip to ip daddr map @to_private`,
    '  }',
    '  chain leaving {',
    '    type nat hook postrouting priority srcnat',
    `    oifname "${INTERNET}" snat ip to ip saddr map @to_public`,
    '  }',
    ...interfaces.flatMap((one) => [
      groupChain(one, 'ingress', world),
      groupChain(one, 'egress', world),
    ]),
    ...admissions(preserved),
    '  chain checks {',
    '    type filter hook forward priority filter - 10; policy accept;',
    ...interfaces.flatMap(ownAddressOnly),
    // The internet gateway knows public addresses only: what has none can't leave.
    `    oifname "${INTERNET}" ip saddr != ${anyOf(['192.0.2.0', ...publics.map(({ privateIp }) => privateIp)])} counter drop`,
    '  }',
    '  chain groups {',
    '    type filter hook forward priority filter; policy drop;',
    '    ct state established,related accept',
    ...departures(preserved),
    ...itemsIf(interfaces.length > 0, `    iifname vmap ${jumps('out')}`),
    `    oifname "${INTERNET}" accept`,
    ...itemsIf(interfaces.length > 0, `    oifname vmap ${jumps('in')}`),
    '  }',
    ...ownChain(interfaces),
    '}',
    '',
  ].join('\n');
}

/** A hop through the VPC costs no TTL. The metadata service's answers go as far as the instance's hop limit. */
function mangle(interfaces: Interface[], world: World): string {
  const limits = world.instances.flatMap((instance) => {
    const own = interfaces.find(({ id }) => id === instance.interface);
    if (!own) return [];
    return `-A OUTPUT -s ${METADATA}/32 -d ${own.privateIp}/32 -j TTL --ttl-set ${instance.metadata.hopLimit}`;
  });
  return ['*mangle', '-A PREROUTING -i p+ -j TTL --ttl-inc 1', ...limits, 'COMMIT', ''].join('\n');
}

/** Renders one route of a table: a blackhole if its next hop does not exist or is not attached. */
function routeLine(route: Route, vpc: Vpc, interfaces: Interface[], outside: string): string {
  const nowhere = `blackhole ${route.destination}`;
  if (route.via === null) return nowhere;
  if ('gateway' in route.via) {
    if (route.via.gateway !== vpc.gateway) return nowhere;
    return `${route.destination} via ${outside} dev ${INTERNET}`;
  }
  const { interface: id } = route.via;
  const hop = interfaces.find((one) => one.id === id);
  if (!hop) return nowhere;
  let address: string | null | undefined = hop.privateIp;
  if (isIpv6(route.destination)) address = hop.ip6;
  if (!address) return nowhere;
  return `${route.destination} via ${address} dev ${portName(id)} onlink`;
}

/** Plans the IPv6 part of a VPC's router. The Internet has no IPv6 here. */
function planIpv6(world: World, vpc: Vpc, interfaces: Interface[]): NetworkPlan['ipv6'] {
  const own = interfaces.filter(({ ip6 }) => ip6);
  if (!vpc.cidr6 || own.length === 0) return { routes: new Map(), neighbours: [], mangle: '' };
  const direct = own.map(({ id, ip6 }) => `${ip6} dev ${portName(id)}`);
  const subnets = world.subnets.filter((one) => one.vpc === vpc.id);
  const tables = subnets.map(({ table }, index): [string, string[]] => {
    const routes = (world.tables.find(({ id }) => id === table)?.routes ?? [])
      .filter(({ destination }) => isIpv6(destination) && destination !== '::/0')
      .map((route) => routeLine(route, vpc, interfaces, ''));
    return [
      String(FIRST_TABLE + index),
      [...direct, `blackhole ${vpc.cidr6}`, ...routes, 'blackhole default'],
    ];
  });
  // A subnet is one link to its instances: the router answers for every other instance.
  const neighbours = own.flatMap((one) =>
    own
      .filter((other) => other !== one && other.subnet === one.subnet)
      .map(({ ip6 }) => `${ip6} dev ${portName(one.id)}`),
  );
  return {
    routes: new Map([['main', direct], ...tables]),
    neighbours,
    mangle: '*mangle\n-A PREROUTING -i p+ -j HL --hl-inc 1\nCOMMIT\n',
  };
}

/**
 * Plans a VPC's router. `outside` is the address of the Internet's end of the link. `isHealthy` says
 * which targets of balancers answer.
 */
export function planNetwork(
  world: World,
  vpc: Vpc,
  outside: string,
  isHealthy: IsHealthy = () => false,
): NetworkPlan {
  const interfaces = world.interfaces.filter((one) => one.vpc === vpc.id);
  const subnets = world.subnets.filter((one) => one.vpc === vpc.id);
  const publics = interfaces.filter(({ publicIp }) => vpc.gateway && publicIp !== null);
  const subnetOf = (one: Interface): Subnet => subnets.find(({ id }) => id === one.subnet)!;
  const direct = interfaces.map(({ id, privateIp }) => `${privateIp} dev ${portName(id)}`);
  const routes = new Map([['main', [...direct, 'blackhole default']]]);
  const numbers = new Map<string, string>();
  for (const [index, subnet] of subnets.entries()) {
    const own = (world.tables.find(({ id }) => id === subnet.table)?.routes ?? []).filter(
      ({ destination }) => !isIpv6(destination),
    );
    const number = String(FIRST_TABLE + index);
    numbers.set(subnet.id, number);
    const lines = own.map((route) => routeLine(route, vpc, interfaces, outside));
    const isDefaultKnown = own.some(({ destination }) => destination === '0.0.0.0/0');
    routes.set(number, [
      ...direct,
      `blackhole ${vpc.cidr}`,
      ...lines,
      ...itemsIf(!isDefaultKnown, 'blackhole default'),
    ]);
  }
  return {
    ports: interfaces.map((one) => {
      const { cidr, cidr6 } = subnetOf(one);
      return {
        name: portName(one.id),
        interface: one.id,
        privateIp: one.privateIp,
        prefixLength: parseCidr(cidr).prefix,
        gateway: addressAt(cidr, 1),
        ...fieldsIf(one.ip6 && cidr6, { ipv6: { address: one.ip6!, network: cidr6! } }),
      };
    }),
    addresses: [...subnets.map(({ cidr }) => addressAt(cidr, 1)), METADATA, RESOLVER],
    nft: ruleset({
      ...{ world, interfaces, publics },
      preserved: preservedListeners(world, publics, isHealthy),
    }),
    mangle: mangle(interfaces, world),
    routes,
    ipv6: planIpv6(world, vpc, interfaces),
    tables: new Map(interfaces.map((one) => [portName(one.id), numbers.get(one.subnet)!])),
    publicAddresses: publics.map(({ publicIp }) => publicIp!),
  };
}
