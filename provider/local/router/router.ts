import { addressAt, parseCidr } from '../../../util/cidr';
import { attempt, attemptIn, ipIn, run, runIn } from '../shared/command';
import {
  addressing,
  linkTrouble,
  routesTo,
  type Addressing,
  type Look,
  type Wanted,
} from './router-snapshot';
import { hasIpv6 } from '../shared/ipv6';
import { namespaceExists } from '../shared/names';
import { loadRuleset, loadTtlRule, rulesetOf, rulesetTrouble, TTL_RULE } from './ruleset';

// The VPC's router and its link to this machine. What makes them also mends them: each step leaves alone what is as it
// should be, so that nobody's connections end because of a setting that somebody changed elsewhere.

export interface RouterPlan {
  lab: string;
  /** Name of its network namespace. */
  router: string;
  nodeCidr: string;
  gateway: string;
  publicCidr: string;
  publicPool: string;
  /** This machine's address toward the lab. */
  hostIp: string;
  mtu: number;
  /** Name of this machine's end of the link. */
  link: string;
}

/** Host number of the router's end of the link in the lab's public /24. */
const ROUTER = 2;

/** A MAC that says which address it belongs to: 02:00 and the address's four bytes. */
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

/** The router's own kernel settings, set before any packet. */
export const routerSettings = (ipv6: boolean = hasIpv6()): Record<string, string> => ({
  ...SETTINGS,
  ...(ipv6 ? IPV6_SETTINGS : {}),
});

const SETTINGS = {
  // A node that caches a redirect goes around a removed route for minutes.
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.ip_forward': '1',
  // The firewall sees what goes from machine to machine, too.
  'net.bridge.bridge-nf-call-iptables': '1',
};

/** Those of its interfaces, once they are there. */
const LINK_SETTINGS = {
  'net.ipv4.conf.vpc.send_redirects': '0',
  'net.ipv4.conf.internet.rp_filter': '1',
};

/** The router's own address in a lab's public /24. */
export const routerAddress = (publicCidr: string): string => addressAt(publicCidr, ROUTER);
const routerIp = (plan: RouterPlan): string => routerAddress(plan.publicCidr);
const bridge = (plan: RouterPlan): Wanted & { address: string; mac: string } => ({
  name: 'vpc',
  mtu: plan.mtu,
  mac: macOf(plan.gateway),
  address: `${plan.gateway}/${parseCidr(plan.nodeCidr).prefix}`,
});
const uplink = (plan: RouterPlan): Wanted & { address: string } => ({
  name: 'internet',
  mtu: plan.mtu,
  address: `${routerIp(plan)}/32`,
});
const downlink = (plan: RouterPlan): Wanted & { address: string } => ({
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
  const [inside, outside] = [await addressing(router), await addressing()];
  if (!inside.links.has('internet') || !outside.links.has(link)) {
    // One end may still lead to a router that is gone.
    await attempt('ip', ['link', 'del', link]);
    await attempt('ip', ['-n', router, 'link', 'del', 'internet']);
    await run('ip', [
      'link',
      'add',
      link,
      'mtu',
      mtu,
      'type',
      'veth',
      'peer',
      'name',
      'internet',
      'mtu',
      mtu,
      'netns',
      router,
    ]);
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

/** Makes the router and its link to this machine, or mends what is not as it should be. */
export async function ensureRouter(plan: RouterPlan): Promise<void> {
  const { lab, router } = plan;
  if (!namespaceExists(router)) await run('ip', ['netns', 'add', router]);
  await set(router, routerSettings());
  await ipIn(router, 'link', 'set', 'lo', 'up');
  await ipIn(router, 'route', 'replace', 'blackhole', 'default');
  await loadRuleset(lab, rulesetOf(plan.gateway, macOf(plan.gateway)));
  await loadTtlRule(router);
  await makeBridge(plan);
  await linkToHost(plan);
  await set(router, LINK_SETTINGS);
}

/** Removes the router and its link. */
export async function removeRouter(router: string, link: string | undefined): Promise<void> {
  if (link) await attempt('ip', ['link', 'del', link]);
  if (namespaceExists(router)) await run('ip', ['netns', 'del', router]);
}

async function settingsTrouble(router: string): Promise<string[]> {
  const wanted = Object.entries({ ...routerSettings(), ...LINK_SETTINGS });
  // Those of an interface that is gone aren't there: that is told as the interface's trouble.
  const read = await attemptIn(router, 'sysctl', ['-e', ...wanted.map(([name]) => name)]);
  const found = new Map(
    read.stdout.split('\n').map((line) => line.split(' = ') as [string, string]),
  );
  return wanted.flatMap(([name, value]) => {
    const is = found.get(name) ?? (name in LINK_SETTINGS ? value : 'not there');
    return is === value ? [] : [`kernel setting ${name} is ${is}, not ${value}`];
  });
}

const named = (where: Addressing, wanted: Wanted, name: string): string[] => {
  const trouble = linkTrouble(where, wanted);
  return trouble ? [`${name} ${trouble}`] : [];
};

function routeTrouble(plan: RouterPlan, inside: Addressing, machine: Addressing): string[] {
  const wanted: [boolean, string][] = [
    [
      routesTo(inside, 'default').every(({ type }) => type === 'blackhole') &&
        routesTo(inside, 'default').length > 0,
      "the router's route to nowhere is gone",
    ],
    [
      routesTo(inside, plan.hostIp).some(({ dev }) => dev === 'internet'),
      `the router's route to ${plan.hostIp} is gone`,
    ],
    [
      routesTo(machine, plan.publicCidr).some(({ dev }) => dev === plan.link),
      `this machine's route to ${plan.publicCidr} is gone`,
    ],
    [
      routesTo(machine, plan.publicPool).some(({ type }) => type === 'blackhole'),
      `this machine's blackhole route of ${plan.publicPool} is gone`,
    ],
  ];
  return wanted.flatMap(([holds, words]) => (holds ? [] : [words]));
}

/** What of the router is not as it was made, in words. */
export async function routerTrouble(plan: RouterPlan, inside: Look | undefined): Promise<string> {
  if (!inside) return 'the router is gone';
  const [machine, settings, rules] = await Promise.all([
    addressing(),
    settingsTrouble(plan.router),
    rulesetTrouble(rulesetOf(plan.gateway, macOf(plan.gateway)), inside.ruleset),
  ]);
  return [
    ...named(inside, bridge(plan), 'bridge vpc'),
    ...named(inside, uplink(plan), "the router's interface internet"),
    ...named(machine, downlink(plan), `this machine's interface ${plan.link}`),
    ...settings,
    ...rules,
    ...(inside.mangle.join() === TTL_RULE ? [] : ['the TTL rule in table mangle is not as it was']),
    ...routeTrouble(plan, inside, machine),
  ].join('; ');
}
