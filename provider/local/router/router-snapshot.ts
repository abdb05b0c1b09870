import { listOf } from '../../../util/optional';
import { attemptIn, run, runIn } from '../shared/command';
import { namespaceExists, routerOf } from '../shared/names';

// Reads the complete kernel state of a lab's router, so that one set of programs serves all
// resources of a refresh.

export interface Link {
  ifname: string;
  flags: string[];
  mtu: number;
  /** MAC address. */
  address?: string;
  /** Bridge that the interface is a port of. */
  master?: string;
  addr_info: { family: string; local: string; prefixlen: number; scope?: string }[];
}

export interface RouteRow {
  /** A CIDR, an address, or `default`. */
  dst: string;
  gateway?: string;
  dev?: string;
  /** Type of the route, such as `blackhole`; absent for an ordinary route. */
  type?: string;
}

/** Interfaces and main routing table of one network namespace. */
export interface Addressing {
  links: Map<string, Link>;
  routes: RouteRow[];
}

/** Object in nft's JSON output. Exactly one of the properties is set. */
export interface NftObject {
  table?: { family: string; name: string };
  chain?: NftChain;
  rule?: NftRule;
  set?: NftSet;
  map?: NftSet;
}
interface NftChain {
  family: string;
  table: string;
  name: string;
  hook?: string;
  policy?: string;
}
export interface NftRule {
  family: string;
  table: string;
  chain: string;
  handle: number;
  comment?: string;
  expr: unknown;
}
interface NftSet {
  family: string;
  table: string;
  name: string;
  elem?: unknown[];
}

export interface RouterSnapshot extends Addressing {
  ruleset: NftObject[];
  /** Rules of iptables' table mangle, in the format of iptables-save. */
  mangle: string[];
  /** `ADDRESS:PORT` of every TCP listener. */
  listening: Set<string>;
}

/**
 * Reads interfaces and routes of a namespace; without `namespace`, of the host. Throws if the
 * namespace does not exist.
 */
export async function addressing(namespace?: string): Promise<Addressing> {
  const inNamespace = listOf(namespace).flatMap((name) => ['-n', name]);
  const text = await run('ip', [...inNamespace, '-j', '-batch', '-'], {
    input: 'addr show\nroute show\n',
  });
  const [links, routes] = text
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as unknown[]);
  return {
    links: new Map((links as Link[]).map((link) => [link.ifname, link])),
    routes: routes as RouteRow[],
  };
}

/** Reads the IPv6 routes of a namespace. Throws if the namespace does not exist. */
export const routes6 = async (namespace: string): Promise<RouteRow[]> =>
  JSON.parse(await run('ip', ['-n', namespace, '-j', '-6', 'route', 'show'])) as RouteRow[];

export const parseRuleset = (json: string): NftObject[] =>
  (JSON.parse(json) as { nftables: NftObject[] }).nftables;

/** Reads the router's packet filter; empty without a router. */
export async function readRuleset(lab: string): Promise<NftObject[]> {
  if (!namespaceExists(routerOf(lab))) return [];
  return parseRuleset(await runIn(routerOf(lab), 'nft', ['-j', 'list', 'ruleset']));
}

/** Reads the state of a router; `undefined` if it does not exist. */
async function readRouter(lab: string): Promise<RouterSnapshot | undefined> {
  const router = routerOf(lab);
  if (!namespaceExists(router)) return undefined;
  const [network, ruleset, mangle, sockets] = await Promise.all([
    addressing(router),
    readRuleset(lab),
    attemptIn(router, 'iptables-save', ['-t', 'mangle']),
    attemptIn(router, 'ss', ['-Hltn']),
  ]);
  return {
    ...network,
    ruleset,
    mangle: mangle.stdout.split('\n').filter((line) => line.startsWith('-A')),
    listening: new Set(sockets.stdout.split('\n').flatMap((line) => line.split(/\s+/)[3] ?? [])),
  };
}

/** Milliseconds for which a snapshot is reused. A refresh reads all resources at once. */
const FRESH = 1000;
const snapshots = new Map<string, { at: number; found: Promise<RouterSnapshot | undefined> }>();

/** Like `readRouter`, cached for one second. Changes made by this process discard the snapshot. */
export function routerSnapshot(lab: string): Promise<RouterSnapshot | undefined> {
  const last = snapshots.get(lab);
  if (last && Date.now() - last.at < FRESH) return last.found;
  const found = readRouter(lab);
  snapshots.set(lab, { at: Date.now(), found });
  return found;
}

/** Discards the snapshot of a lab's router. Call it with every change. */
export const discardSnapshot = (lab: string): boolean => snapshots.delete(lab);

/** Expected settings of an interface. Optional ones are checked if present. */
export interface ExpectedLink {
  name: string;
  mtu: number;
  address?: string;
  mac?: string;
  master?: string;
}

/** Returns true if the interface has the address, `ADDRESS/PREFIX`. */
export const hasAddress = ({ links }: Addressing, name: string, address: string): boolean =>
  (links.get(name)?.addr_info ?? []).some(
    ({ local, prefixlen }) => `${local}/${prefixlen}` === address,
  );

/**
 * Describes the drift of an interface, as a predicate that follows its name; '' if there is none.
 */
export function linkDrift(where: Addressing, wanted: ExpectedLink): string {
  const link = where.links.get(wanted.name);
  if (!link) return 'is missing';
  if (!link.flags.includes('UP')) return 'is down';
  if (link.mtu !== wanted.mtu) return `has MTU ${link.mtu}, not ${wanted.mtu}`;
  if (wanted.mac && link.address !== wanted.mac)
    return `has MAC ${link.address}, not ${wanted.mac}`;
  if (wanted.master && link.master !== wanted.master)
    return `is not on the bridge ${wanted.master}`;
  if (wanted.address && !hasAddress(where, wanted.name, wanted.address))
    return `lacks the address ${wanted.address}`;
  return '';
}

/** Returns the routes to exactly this destination. An address and its /32 are the same. */
export const routesTo = ({ routes }: Addressing, destination: string): RouteRow[] =>
  routes.filter(({ dst }) => dst === destination.replace(/\/32$/, ''));

/** Returns the elements of a set or map of the VPC, each as an array of its parts. */
export function elements(objects: NftObject[], family: string, name: string): string[][] {
  const definition = objects
    .map((object) => object.set ?? object.map)
    .find((set) => set?.family === family && set.table === 'vpc' && set.name === name);
  return (definition?.elem ?? []).map((element) => {
    if (typeof element === 'string') return [element];
    if (Array.isArray(element)) return element as string[];
    return (element as { concat: string[] }).concat;
  });
}
