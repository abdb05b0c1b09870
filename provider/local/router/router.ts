import { addressAt, parseCidr } from '../../../util/cidr';
import { fieldsIf, itemsIf } from '../../../util/optional';
import { problemUnless } from '../../../util/problems';
import { attempt, attemptIn, ipIn, run, runIn } from '../shared/command';
import {
  addressing,
  hasAddress,
  linkDrift,
  routesTo,
  type Addressing,
  type RouterSnapshot,
  type ExpectedLink,
} from './router-snapshot';
import { hasIpv6 } from '../shared/ipv6';
import { namespaceExists } from '../shared/names';
import { createVeth } from '../shared/veth';
import {
  hasHopLimitRule,
  loadHopLimitRule,
  loadRuleset,
  loadTtlRule,
  rulesetDrift,
  rulesetOf,
  TTL_RULE,
} from './ruleset';

// Creates and repairs the VPC's router and its link to the host. Each step leaves correct settings
// alone, so that a repair does not break connections.

export interface RouterPlan {
  lab: string;
  /** Network namespace of the router. */
  router: string;
  nodeCidr: string;
  gateway: string;
  /** IPv6 address of the router; unset unless the lab is dual-stack. */
  gateway6?: string;
  publicCidr: string;
  publicPool: string;
  /** Address of the host in the lab's public /24. */
  hostIp: string;
  mtu: number;
  /** Interface at the host's end of the link. */
  link: string;
}

/** Host number of the router in the lab's public /24: x.y.z.2. */
const ROUTER = 2;

/** Returns a MAC derived from an address: 02:00 and the four bytes of the address. */
export const macOf = (address: string): string =>
  [
    '02',
    '00',
    ...address.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0')),
  ].join(':');

const IPV6_SETTINGS = {
  'net.ipv6.conf.all.disable_ipv6': '1',
  'net.ipv6.conf.default.disable_ipv6': '1',
};

/**
 * Kernel settings of a dual-stack lab's router. IPv6 is off on new interfaces and turned on for the
 * bridge alone, so no IPv6 packet leaves for the host. No other host uses the router's address, so
 * the kernel need not look for duplicates (accept_dad).
 */
const DUAL_SETTINGS = {
  'net.ipv6.conf.default.disable_ipv6': '1',
  'net.ipv6.conf.default.accept_dad': '0',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv6.conf.all.forwarding': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
};

/** Kernel settings of the router, set before any packet passes. */
export function routerSettings(ipv6 = hasIpv6(), dual = false): Record<string, string> {
  if (dual) return { ...SETTINGS, ...DUAL_SETTINGS };
  return { ...SETTINGS, ...fieldsIf(ipv6, IPV6_SETTINGS) };
}

const SETTINGS = {
  // No ICMP redirects: a node would cache one and keep using a removed route for minutes.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.ip_forward': '1',
  // Passes packets between nodes through the firewall, too.
  'net.bridge.bridge-nf-call-iptables': '1',
};

/** Kernel settings of the router's interfaces, set after the interfaces exist. */
const LINK_SETTINGS = {
  'net.ipv4.conf.vpc.send_redirects': '0',
  'net.ipv4.conf.internet.rp_filter': '1',
};

/** Like LINK_SETTINGS, for a dual-stack lab. */
const DUAL_LINK_SETTINGS = {
  'net.ipv6.conf.vpc.disable_ipv6': '0',
  'net.ipv6.conf.internet.disable_ipv6': '1',
};

const linkSettings = (dual: boolean): Record<string, string> => ({
  ...LINK_SETTINGS,
  ...fieldsIf(dual, DUAL_LINK_SETTINGS),
});

/** Returns the names of all kernel settings of the router. */
export const routerSettingNames = (dual: boolean): string[] =>
  Object.keys({ ...routerSettings(hasIpv6(), dual), ...linkSettings(dual) });

const isDual = ({ gateway6 }: RouterPlan): boolean => gateway6 !== undefined;

const rulesetFor = ({ gateway, gateway6 }: RouterPlan): string =>
  rulesetOf(gateway, macOf(gateway), gateway6);

/** Returns the router's address in a lab's public /24. */
export const routerAddress = (publicCidr: string): string => addressAt(publicCidr, ROUTER);
const routerIp = (plan: RouterPlan): string => routerAddress(plan.publicCidr);
const bridge = (plan: RouterPlan): ExpectedLink & { address: string; mac: string } => ({
  name: 'vpc',
  mtu: plan.mtu,
  mac: macOf(plan.gateway),
  address: `${plan.gateway}/${parseCidr(plan.nodeCidr).prefix}`,
});
const address6 = ({ gateway6 }: RouterPlan): string => `${gateway6}/64`;
const uplink = (plan: RouterPlan): ExpectedLink & { address: string } => ({
  name: 'internet',
  mtu: plan.mtu,
  address: `${routerIp(plan)}/32`,
});
const downlink = (plan: RouterPlan): ExpectedLink & { address: string } => ({
  name: plan.link,
  mtu: plan.mtu,
  address: `${plan.hostIp}/32`,
});

const set = (router: string, settings: Record<string, string>): Promise<string> =>
  runIn(router, 'sysctl', [
    '-qw',
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ]);

async function makeBridge(plan: RouterPlan): Promise<void> {
  const { name, mtu, mac, address } = bridge(plan);
  if (!(await addressing(plan.router)).links.has(name))
    await ipIn(plan.router, 'link', 'add', name, 'type', 'bridge');
  await ipIn(
    plan.router,
    'link',
    'set',
    name,
    'address',
    mac,
    'mtu',
    String(mtu),
    'type',
    'bridge',
    'stp_state',
    '0',
    'forward_delay',
    '0',
    'mcast_snooping',
    '0',
  );
  await ipIn(plan.router, 'addr', 'replace', address, 'dev', name);
  await ipIn(plan.router, 'link', 'set', name, 'up');
}

async function linkToHost(plan: RouterPlan): Promise<void> {
  const { router, link, publicCidr, hostIp } = plan;
  const mtu = String(plan.mtu);
  const inside = await addressing(router);
  const outside = await addressing();
  if (!inside.links.has('internet') || !outside.links.has(link)) {
    // One end may still be connected to a deleted router.
    await attempt('ip', ['link', 'del', link]);
    await attempt('ip', ['-n', router, 'link', 'del', 'internet']);
    const peer = { name: 'internet', namespace: router };
    await run('ip', createVeth({ name: link, mtu: plan.mtu, peer }));
  }
  await ipIn(router, 'addr', 'replace', uplink(plan).address, 'dev', 'internet');
  await ipIn(router, 'link', 'set', 'internet', 'mtu', mtu, 'up');
  await ipIn(router, 'route', 'replace', `${hostIp}/32`, 'dev', 'internet');
  await run('ip', ['addr', 'replace', downlink(plan).address, 'dev', link]);
  await run('ip', ['link', 'set', link, 'mtu', mtu, 'up']);
  await run('ip', ['route', 'replace', `${routerIp(plan)}/32`, 'dev', link, 'src', hostIp]);
  await run('ip', [
    'route',
    'replace',
    publicCidr,
    'via',
    routerIp(plan),
    'dev',
    link,
    'src',
    hostIp,
  ]);
}

/** Creates the router and its link to the host, or repairs drift. */
export async function ensureRouter(plan: RouterPlan): Promise<void> {
  const { lab, router } = plan;
  if (!namespaceExists(router)) await run('ip', ['netns', 'add', router]);
  await set(router, routerSettings(hasIpv6(), isDual(plan)));
  await ipIn(router, 'link', 'set', 'lo', 'up');
  await ipIn(router, 'route', 'replace', 'blackhole', 'default');
  await loadRuleset(lab, rulesetFor(plan));
  await loadTtlRule(router);
  if (isDual(plan)) await loadHopLimitRule(router);
  await makeBridge(plan);
  await linkToHost(plan);
  await set(router, linkSettings(isDual(plan)));
  if (isDual(plan)) await ipIn(router, 'addr', 'replace', address6(plan), 'dev', 'vpc', 'nodad');
}

/** Removes the router and its link to the host. */
export async function removeRouter(router: string, link: string | undefined): Promise<void> {
  if (link) await attempt('ip', ['link', 'del', link]);
  if (namespaceExists(router)) await run('ip', ['netns', 'del', router]);
}

async function settingsDrift({ router, ...plan }: RouterPlan): Promise<string[]> {
  const dual = plan.gateway6 !== undefined;
  const onLinks = linkSettings(dual);
  const expected = Object.entries({ ...routerSettings(hasIpv6(), dual), ...onLinks });
  const read = await attemptIn(router, 'sysctl', ['-e', ...expected.map(([name]) => name)]);
  // Settings of a missing interface do not exist; the interface itself is reported as drift.
  const actual = new Map([
    ...Object.entries(onLinks),
    ...read.stdout.split('\n').map((line) => line.split(' = ') as [string, string]),
  ]);
  return expected.flatMap(([name, value]) => {
    const current = actual.get(name) ?? 'missing';
    return problemUnless(current === value, `kernel setting ${name} is ${current}, not ${value}`);
  });
}

const named = (where: Addressing, expected: ExpectedLink, name: string): string[] => {
  const difference = linkDrift(where, expected);
  return itemsIf(difference, `${name} ${difference}`);
};

function routeDrift(plan: RouterPlan, inside: Addressing, host: Addressing): string[] {
  const expected: [boolean, string][] = [
    [
      routesTo(inside, 'default').every(({ type }) => type === 'blackhole') &&
        routesTo(inside, 'default').length > 0,
      "the router's blackhole default route is missing",
    ],
    [
      routesTo(inside, plan.hostIp).some(({ dev }) => dev === 'internet'),
      `the router's route to ${plan.hostIp} is missing`,
    ],
    [
      routesTo(host, plan.publicCidr).some(({ dev }) => dev === plan.link),
      `the host's route to ${plan.publicCidr} is missing`,
    ],
    [
      routesTo(host, plan.publicPool).some(({ type }) => type === 'blackhole'),
      `the host's blackhole route of ${plan.publicPool} is missing`,
    ],
  ];
  return expected.flatMap(([holds, drift]) => itemsIf(!holds, drift));
}

/** Lists the drift of the IPv6 parts of a dual-stack lab's router. */
async function drift6(plan: RouterPlan, inside: Addressing): Promise<string[]> {
  if (!isDual(plan)) return [];
  return [
    ...problemUnless(
      hasAddress(inside, 'vpc', address6(plan)),
      `bridge vpc lacks the address ${address6(plan)}`,
    ),
    ...problemUnless(
      await hasHopLimitRule(plan.router),
      'the hop limit rule in table mangle of ip6tables was changed',
    ),
  ];
}

/** Describes the drift of the router and its link; '' if there is none. */
export async function routerDrift(
  plan: RouterPlan,
  inside: RouterSnapshot | undefined,
): Promise<string> {
  if (!inside) return 'the router is missing';
  const [host, settings, rules, ipv6] = await Promise.all([
    addressing(),
    settingsDrift(plan),
    rulesetDrift(rulesetFor(plan), inside.ruleset),
    drift6(plan, inside),
  ]);
  return [
    ...named(inside, bridge(plan), 'bridge vpc'),
    ...named(inside, uplink(plan), "the router's interface internet"),
    ...named(host, downlink(plan), `the host's interface ${plan.link}`),
    ...settings,
    ...rules,
    ...problemUnless(inside.mangle.join() === TTL_RULE, 'the TTL rule in table mangle was changed'),
    ...routeDrift(plan, inside, host),
    ...ipv6,
  ].join('; ');
}
