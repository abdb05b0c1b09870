import { itemsIf, listOf } from '../../../util/optional';
import { LOAD_NFT, attempt, attemptIn, ipIn, loadNft, run, runIn } from '../shared/command';
import { namespaceExists, routerOf } from '../shared/names';
import {
  addressing,
  discardSnapshot,
  readRuleset,
  type Addressing,
  type NftObject,
} from '../router/router-snapshot';
import { routerSettingNames } from '../router/router';
import { isIptables } from '../router/ruleset';

/** State of a VPC router that a checkpoint holds. */
export interface RouterState {
  /** Tables of nft except those of family ip, as text that nft reads again. */
  nft: string;
  /** Tables of iptables, in the format of iptables-save. */
  iptables: string;
  /** Main routing table: lines of `ip route show`. */
  routes: string[];
  links: LinkState[];
  /** Kernel settings by name. */
  settings: Record<string, string>;
  /** Unset unless the lab is dual-stack. */
  ipv6?: {
    /** Tables of ip6tables, in the format of ip6tables-save. */
    iptables: string;
    /** Lines of `ip -6 route show`. */
    routes: string[];
  };
}

interface LinkState {
  name: string;
  up: boolean;
  mtu: number;
  /** Bridge that the interface is a port of. */
  master?: string;
  /** Addresses with prefix length, without link-local ones, which the kernel itself adds. */
  addresses: string[];
}

/** Returns the names of nft's tables, such as `inet vpc`, without those of iptables. */
const tablesOf = (ruleset: NftObject[]): string[] =>
  ruleset
    .flatMap(({ table }) => listOf(table))
    .filter(({ family, name }) => !isIptables(family, name))
    .map(({ family, name }) => `${family} ${name}`);

/** Returns true if a router's bridge has an IPv6 address, as in dual-stack labs. */
const isDual = ({ links }: Addressing): boolean =>
  (links.get('vpc')?.addr_info ?? []).some(({ family }) => family === 'inet6');

const linksOf = ({ links }: Addressing): LinkState[] =>
  [...links.values()].map(({ ifname, flags, mtu, master, addr_info }) => ({
    name: ifname,
    up: flags.includes('UP'),
    mtu,
    master,
    addresses: addr_info
      .filter(({ family, scope }) => family === 'inet' || scope === 'global')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  }));

/** Parses `ip -o route show`. Flags that the kernel computes are left out. */
export const parseRoutes = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\\/g, ' ').replace(/ (linkdown|dead)\b/g, ''))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(Boolean);

const routesOf = async (router: string, family = '-4'): Promise<string[]> =>
  parseRoutes(await ipIn(router, family, '-o', 'route', 'show'));

async function settingsOf(router: string, dual: boolean): Promise<Record<string, string>> {
  // Settings of a missing interface do not exist.
  const { stdout } = await attemptIn(router, 'sysctl', ['-e', ...routerSettingNames(dual)]);
  const lines = stdout.split('\n').filter((line) => line.includes(' = '));
  return Object.fromEntries(lines.map((line) => line.split(' = ') as [string, string]));
}

/** Loads a ruleset into a temporary network namespace. Throws if nft does not accept it. */
const tryRuleset = (nft: string): Promise<string> =>
  run('unshare', ['--net', 'sh', '-c', LOAD_NFT], { input: nft });

async function readIpv6(router: string): Promise<RouterState['ipv6']> {
  const [iptables, routes] = await Promise.all([
    runIn(router, 'ip6tables-save', []),
    routesOf(router, '-6'),
  ]);
  return { iptables, routes };
}

/**
 * Reads the state of a lab's router. Throws if the router does not exist, or if its packet filter
 * can't be loaded again.
 */
export async function readRouterState(lab: string): Promise<RouterState> {
  const router = routerOf(lab);
  if (!namespaceExists(router)) throw new Error(`lab ${lab} has no router`);
  const tables = tablesOf(await readRuleset(lab));
  const listings = await Promise.all(
    tables.map((table) => runIn(router, 'nft', ['list', 'table', ...table.split(' ')])),
  );
  const network = await addressing(router);
  const dual = isDual(network);
  const [routes, iptables, settings, ipv6] = await Promise.all([
    routesOf(router),
    runIn(router, 'iptables-save', []),
    settingsOf(router, dual),
    dual ? readIpv6(router) : undefined,
  ]);
  const nft = listings.join('\n');
  await tryRuleset(nft);
  const state = { nft, iptables, routes, links: linksOf(network), settings };
  if (ipv6) return { ...state, ipv6 };
  return state;
}

/** Elements to remove and to add, so that `now` becomes `wanted`. */
export const changes = (now: string[], wanted: string[]): { remove: string[]; add: string[] } => ({
  remove: now.filter((one) => !wanted.includes(one)),
  add: wanted.filter((one) => !now.includes(one)),
});

/** Returns input for iptables-restore that also empties tables which did not exist at the save. */
export function iptablesInput(saved: string, now: string): string {
  const tables = (text: string): string[] => text.split('\n').filter((line) => /^\*/.test(line));
  const { remove } = changes(tables(now), tables(saved));
  return [saved, ...remove.map((table) => `${table}\nCOMMIT\n`)].join('\n');
}

/**
 * Returns commands of nft that replace all tables except those of family ip, in one transaction.
 */
export const nftInput = (saved: string, tables: string[]): string =>
  [...tables.map((table) => `delete table ${table}`), saved, ''].join('\n');

/** Changes one interface of the router. Returns the commands of `ip` that failed. */
async function applyLink(router: string, saved: LinkState, now: LinkState): Promise<string[]> {
  const { name } = saved;
  const { remove, add } = changes(now.addresses, saved.addresses);
  let port = ['nomaster'];
  if (saved.master) port = ['master', saved.master];
  const commands = [
    ...remove.map((address) => ['addr', 'del', address, 'dev', name]),
    ...add.map((address) => ['addr', 'add', address, 'dev', name]),
    ['link', 'set', name, 'mtu', String(saved.mtu), saved.up ? 'up' : 'down'],
    ...itemsIf(saved.master !== now.master, ['link', 'set', name, ...port]),
  ];
  return attemptAll(router, commands);
}

/** Runs commands of `ip` in the router, one after the other. Returns those that failed. */
async function attemptAll(router: string, commands: string[][]): Promise<string[]> {
  const failed: string[] = [];
  for (const command of commands) {
    const { code, stderr } = await attempt('ip', ['-n', router, ...command]);
    if (code !== 0) failed.push(`ip ${command.join(' ')}: ${stderr.trim()}`);
  }
  return failed;
}

/**
 * Gives a router a saved state. Interfaces that do not exist are not created. Returns the parts
 * that could not be restored, one line each.
 */
export async function applyRouterState(lab: string, saved: RouterState): Promise<string[]> {
  const router = routerOf(lab);
  discardSnapshot(lab);
  await runIn(router, 'sysctl', [
    '-e',
    '-q',
    '-w',
    ...Object.entries(saved.settings).map(([name, value]) => `${name}=${value}`),
  ]);
  const tables = tablesOf(await readRuleset(lab));
  await loadNft(router, nftInput(saved.nft, tables));
  const iptables = await runIn(router, 'iptables-save', []);
  await runIn(router, 'iptables-restore', [], { input: iptablesInput(saved.iptables, iptables) });
  const links = new Map(linksOf(await addressing(router)).map((link) => [link.name, link]));
  const failed: string[] = [];
  for (const link of saved.links) {
    const now = links.get(link.name);
    if (now) failed.push(...(await applyLink(router, link, now)));
  }
  failed.push(...(await applyRoutes(router, '-4', saved.routes)));
  if (saved.ipv6) failed.push(...(await applyIpv6(router, saved.ipv6)));
  discardSnapshot(lab);
  return failed;
}

/** Changes the routes of one family to the saved ones. Returns the commands of `ip` that failed. */
async function applyRoutes(router: string, family: string, saved: string[]): Promise<string[]> {
  const { remove, add } = changes(await routesOf(router, family), saved);
  return attemptAll(router, [
    ...remove.map((line) => [family, 'route', 'del', ...line.split(' ')]),
    ...add.map((line) => [family, 'route', 'add', ...line.split(' ')]),
  ]);
}

/** Gives a router its saved IPv6 state. Returns the commands of `ip` that failed. */
async function applyIpv6(
  router: string,
  saved: NonNullable<RouterState['ipv6']>,
): Promise<string[]> {
  const now = await runIn(router, 'ip6tables-save', []);
  await runIn(router, 'ip6tables-restore', [], { input: iptablesInput(saved.iptables, now) });
  return applyRoutes(router, '-6', saved.routes);
}
