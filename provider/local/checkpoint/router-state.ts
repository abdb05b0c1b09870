import { attempt, attemptIn, ipIn, loadNft, run, runIn } from '../shared/command';
import { namespaceExists, routerOf } from '../shared/names';
import {
  addressing,
  discardSnapshot,
  readRuleset,
  type Addressing,
  type NftObject,
} from '../router/router-snapshot';
import { routerSettingNames } from '../router/router';

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
}

interface LinkState {
  name: string;
  up: boolean;
  mtu: number;
  /** Bridge that the interface is a port of. */
  master?: string;
  /** IPv4 addresses with prefix length. */
  addresses: string[];
}

/**
 * Returns the names of nft's tables, such as `inet vpc`. Tables of family ip belong to iptables.
 */
const tablesOf = (ruleset: NftObject[]): string[] =>
  ruleset.flatMap(({ table }) =>
    table && table.family !== 'ip' ? `${table.family} ${table.name}` : [],
  );

const linksOf = ({ links }: Addressing): LinkState[] =>
  [...links.values()].map(({ ifname, flags, mtu, master, addr_info }) => ({
    name: ifname,
    up: flags.includes('UP'),
    mtu,
    master,
    addresses: addr_info
      .filter(({ family }) => family === 'inet')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  }));

/** Parses `ip -o route show`. Flags that the kernel computes are left out. */
export const parseRoutes = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\\/g, ' ').replace(/ (linkdown|dead)\b/g, ''))
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(Boolean);

const routesOf = async (router: string): Promise<string[]> =>
  parseRoutes(await ipIn(router, '-o', 'route', 'show'));

async function settingsOf(router: string): Promise<Record<string, string>> {
  // Settings of a missing interface do not exist.
  const { stdout } = await attemptIn(router, 'sysctl', ['-e', ...routerSettingNames()]);
  const lines = stdout.split('\n').filter((line) => line.includes(' = '));
  return Object.fromEntries(lines.map((line) => line.split(' = ') as [string, string]));
}

/** Loads a ruleset into a temporary network namespace. Throws if nft does not accept it. */
const tryRuleset = (nft: string): Promise<string> =>
  run('unshare', ['--net', 'nft', '-f', '-'], nft);

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
  const [network, routes, iptables, settings] = await Promise.all([
    addressing(router),
    routesOf(router),
    runIn(router, 'iptables-save', []),
    settingsOf(router),
  ]);
  const nft = listings.join('\n');
  await tryRuleset(nft);
  return { nft, iptables, routes, links: linksOf(network), settings };
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
  const port = saved.master ? ['master', saved.master] : ['nomaster'];
  const commands = [
    ...remove.map((address) => ['addr', 'del', address, 'dev', name]),
    ...add.map((address) => ['addr', 'add', address, 'dev', name]),
    ['link', 'set', name, 'mtu', String(saved.mtu), saved.up ? 'up' : 'down'],
    ...(saved.master === now.master ? [] : [['link', 'set', name, ...port]]),
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
  await runIn(router, 'iptables-restore', [], iptablesInput(saved.iptables, iptables));
  const links = new Map(linksOf(await addressing(router)).map((link) => [link.name, link]));
  const failed: string[] = [];
  for (const link of saved.links) {
    const now = links.get(link.name);
    if (now) failed.push(...(await applyLink(router, link, now)));
  }
  const { remove, add } = changes(await routesOf(router), saved.routes);
  const routes = [
    ...remove.map((line) => ['route', 'del', ...line.split(' ')]),
    ...add.map((line) => ['route', 'add', ...line.split(' ')]),
  ];
  failed.push(...(await attemptAll(router, routes)));
  discardSnapshot(lab);
  return failed;
}
