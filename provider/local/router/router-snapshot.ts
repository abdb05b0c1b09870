import { attemptIn, run, runIn } from '../shared/command';
import { namespaceExists, routerOf } from '../shared/names';

// What the kernel holds of a lab's router, read as a whole: a few programs answer for every resource of a refresh.

export interface Link {
  ifname: string;
  flags: string[];
  mtu: number;
  /** MAC. */
  address?: string;
  /** The bridge that it is a port of. */
  master?: string;
  addr_info: { family: string; local: string; prefixlen: number }[];
}

export interface RouteRow {
  /** A CIDR, an address, or `default`. */
  dst: string;
  gateway?: string;
  dev?: string;
  /** `blackhole`; absent for an ordinary one. */
  type?: string;
}

/** The interfaces and the main routing table of one network namespace. */
export interface Addressing {
  links: Map<string, Link>;
  routes: RouteRow[];
}

/** An object of nft's listing. One of the kinds is there. */
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

export interface Look extends Addressing {
  ruleset: NftObject[];
  /** The rules of iptables' table mangle, as iptables-save writes them. */
  mangle: string[];
  /** `ADDRESS:PORT` of everything that listens on TCP. */
  listening: Set<string>;
}

/** The addressing of a namespace, or of this machine itself. Throws where there is no such namespace. */
export async function addressing(namespace?: string): Promise<Addressing> {
  const text = await run(
    'ip',
    [...(namespace ? ['-n', namespace] : []), '-j', '-batch', '-'],
    'addr show\nroute show\n',
  );
  const [links, routes] = text
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as unknown[]);
  return {
    links: new Map((links as Link[]).map((link) => [link.ifname, link])),
    routes: routes as RouteRow[],
  };
}

export const parseRuleset = (json: string): NftObject[] =>
  (JSON.parse(json) as { nftables: NftObject[] }).nftables;

/** The router's packet filter now; empty where there is no router. */
export const rulesetNow = async (lab: string): Promise<NftObject[]> =>
  namespaceExists(routerOf(lab))
    ? parseRuleset(await runIn(routerOf(lab), 'nft', ['-j', 'list', 'ruleset']))
    : [];

/** Looks at a router now; undefined where there is none. */
async function lookNow(lab: string): Promise<Look | undefined> {
  const router = routerOf(lab);
  if (!namespaceExists(router)) return undefined;
  const [network, ruleset, mangle, sockets] = await Promise.all([
    addressing(router),
    rulesetNow(lab),
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

/** A refresh asks for all resources at once: one look serves those that ask within this time, in milliseconds. */
const FRESH = 1000;
const looks = new Map<string, { at: number; found: Promise<Look | undefined> }>();

/** The same, as seen at most a second ago; what this process has changed since is in it. */
export function look(lab: string): Promise<Look | undefined> {
  const last = looks.get(lab);
  if (last && Date.now() - last.at < FRESH) return last.found;
  const found = lookNow(lab);
  looks.set(lab, { at: Date.now(), found });
  return found;
}

/** To be called with every change. */
export const lookAgain = (lab: string): boolean => looks.delete(lab);

/** What the interface should be. `mac`, `master`: only where given. */
export interface Wanted {
  name: string;
  mtu: number;
  address?: string;
  mac?: string;
  master?: string;
}

/** Whether the interface has the address, `ADDRESS/PREFIX`. */
export const hasAddress = ({ links }: Addressing, name: string, address: string): boolean =>
  (links.get(name)?.addr_info ?? []).some(
    ({ local, prefixlen }) => `${local}/${prefixlen}` === address,
  );

/** How an interface differs from what is wanted, in words that follow its name; '' where it doesn't. */
export function linkTrouble(where: Addressing, wanted: Wanted): string {
  const link = where.links.get(wanted.name);
  if (!link) return 'is gone';
  if (!link.flags.includes('UP')) return 'is down';
  if (link.mtu !== wanted.mtu) return `has MTU ${link.mtu}, not ${wanted.mtu}`;
  if (wanted.mac && link.address !== wanted.mac)
    return `has MAC ${link.address}, not ${wanted.mac}`;
  if (wanted.master && link.master !== wanted.master)
    return `is not on the bridge ${wanted.master}`;
  return wanted.address && !hasAddress(where, wanted.name, wanted.address)
    ? `lacks the address ${wanted.address}`
    : '';
}

/** The routes to exactly this destination; an address stands for itself alone. */
export const routesTo = ({ routes }: Addressing, destination: string): RouteRow[] =>
  routes.filter(({ dst }) => dst === destination.replace(/\/32$/, ''));

/** The elements of a set or map of the VPC, each an array of its parts. */
export function elements(objects: NftObject[], family: string, name: string): string[][] {
  const found = objects
    .map((object) => object.set ?? object.map)
    .find((set) => set?.family === family && set.table === 'vpc' && set.name === name);
  return (found?.elem ?? []).map((element) => {
    if (typeof element === 'string') return [element];
    return Array.isArray(element)
      ? (element as string[])
      : (element as { concat: string[] }).concat;
  });
}
