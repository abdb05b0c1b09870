import { attempt, ipIn, run, runIn } from '../../provider/local/shared/command';
import { namespaceExists, routerOf } from '../../provider/local/shared/names';
import { INTERNET, type NetworkPlan } from './network-plan';

/** MTU inside a VPC and of its instances. */
export const MTU = 9001;

/** Ends of the link between a VPC's router and the Internet: a /30 of 100.64.0.0/16 for each VPC. */
export interface Link {
  number: number;
  /** Name of the Internet's end. */
  name: string;
  /** Address of the Internet's end. */
  outside: string;
  /** Address of the router's end. */
  inside: string;
}

export const linkOf = (number: number): Link => ({
  number,
  name: `vpc${number}`,
  outside: `100.64.${number}.1`,
  inside: `100.64.${number}.2`,
});

const SETTINGS = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  // A subnet is one link to its instances: the router answers for every other instance.
  'net.ipv4.conf.default.proxy_arp=1',
  // ports.ts turns IPv6 on for the interfaces of dual-stack instances.
  'net.ipv6.conf.lo.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.default.accept_ra=0',
  'net.ipv6.conf.default.proxy_ndp=1',
  'net.ipv6.conf.all.forwarding=1',
];

/** Creates a VPC's router and its link to the Internet, which is the namespace of this process. */
export async function createRouter(vpc: string, link: Link): Promise<void> {
  const router = routerOf(vpc);
  // Removes leftovers of an attempt that failed.
  await removeRouter(vpc, link);
  await run('ip', ['netns', 'add', router]);
  await runIn(router, 'sysctl', ['-qw', ...SETTINGS]);
  await ipIn(router, 'link', 'set', 'lo', 'up');
  const ends = ['type', 'veth', 'peer', 'name', INTERNET, 'netns', router];
  await run('ip', ['link', 'add', link.name, 'mtu', '1500', ...ends]);
  await run('ip', ['addr', 'add', `${link.outside}/30`, 'dev', link.name]);
  await run('ip', ['link', 'set', link.name, 'up']);
  await ipIn(router, 'addr', 'add', `${link.inside}/30`, 'dev', INTERNET);
  await ipIn(router, 'link', 'set', INTERNET, 'mtu', '1500', 'up');
}

export async function removeRouter(vpc: string, link: Link): Promise<void> {
  await attempt('ip', ['link', 'del', link.name]);
  if (namespaceExists(routerOf(vpc))) await run('ip', ['netns', 'del', routerOf(vpc)]);
}

const lines = async (namespace: string, ...args: string[]): Promise<string[]> =>
  (await ipIn(namespace, ...args)).split('\n').filter(Boolean);

/** Gives each port its routing table of a family. */
async function selectTables(
  router: string,
  wanted: NetworkPlan['tables'],
  family: '-4' | '-6',
): Promise<void> {
  const found = new Map<string, string>();
  for (const line of await lines(router, family, 'rule', 'show')) {
    const [, port, table] = /iif (\S+) (?:\[detached\] )?lookup (\S+)/.exec(line) ?? [];
    if (port) found.set(port, table);
  }
  for (const [port, table] of found)
    if (wanted.get(port) !== table)
      await ipIn(router, family, 'rule', 'del', 'iif', port, 'lookup', table);
  for (const [port, table] of wanted)
    if (found.get(port) !== table)
      await ipIn(router, family, 'rule', 'add', 'priority', '1000', 'iif', port, 'lookup', table);
}

/** Makes the router's IPv6 what the plan says. */
async function applyIpv6(router: string, { ipv6, tables }: NetworkPlan): Promise<void> {
  if (ipv6.routes.size === 0) return;
  const batch = ipv6.neighbours.map((entry) => `neigh replace proxy ${entry}`);
  for (const [table, routes] of ipv6.routes) {
    if (table !== 'main')
      batch.push(`route replace blackhole 100::/64 table ${table}`, `route flush table ${table}`);
    batch.push(...routes.map((route) => `route replace ${route} table ${table}`));
  }
  await run('ip', ['-6', '-n', router, '-batch', '-'], { input: `${batch.join('\n')}\n` });
  await selectTables(router, tables, '-6');
  await runIn(router, 'ip6tables-restore', [], { input: ipv6.mangle });
}

/** Makes the router what the plan says. Ports exist already. */
export async function applyPlan(vpc: string, plan: NetworkPlan): Promise<void> {
  const router = routerOf(vpc);
  for (const address of plan.addresses)
    await ipIn(router, 'addr', 'replace', `${address}/32`, 'dev', 'lo');
  const batch: string[] = [];
  for (const [table, routes] of plan.routes) {
    // The main table also holds the link's own route, which no plan names. Only a table with a route can be flushed.
    if (table !== 'main')
      batch.push(`route replace blackhole 192.0.2.0 table ${table}`, `route flush table ${table}`);
    batch.push(...routes.map((route) => `route replace ${route} table ${table}`));
  }
  await run('ip', ['-n', router, '-batch', '-'], { input: `${batch.join('\n')}\n` });
  await selectTables(router, plan.tables, '-4');
  await applyIpv6(router, plan);
  await runIn(router, 'iptables-restore', [], { input: plan.mangle });
  await runIn(router, 'nft', ['-f', '-'], { input: plan.nft });
}

/** Leads public addresses to the VPC's router, and no others. */
export async function leadTo(link: Link, wanted: string[], source: string): Promise<void> {
  const shown = await run('ip', ['route', 'show', 'dev', link.name]);
  const found = shown.split('\n').flatMap((line) => /^(198\.\S+)/.exec(line)?.[1] ?? []);
  for (const address of found)
    if (!wanted.includes(address)) await run('ip', ['route', 'del', address, 'dev', link.name]);
  for (const address of wanted)
    if (!found.includes(address))
      await run('ip', [
        ...['route', 'replace', address, 'via', link.inside],
        ...['dev', link.name, 'src', source],
      ]);
}
