import { matches, parseConntrack } from '../../checks';
import { ruleTexts, type RuleTexts } from '../rules';
import type { Obstacle } from '../report';
import type { Hop, Visit } from '../way';
import { MARTIAN } from '../ending';
import { inPlace, type Interface, type Place } from './namespaces';

/** Decisions of a place besides rules, asked from the kernel right after the probe. */
export interface Decisions {
  /** Line of the routing table, or of the bridge's forwarding table; empty if neither applies. */
  route: string;
  routeKind: 'route' | 'bridge';
  /** Whether the kernel has no way to the destination. */
  noRoute: boolean;
  /** Connection-tracking entry; empty if the place tracks no such connection. */
  conntrack: string;
  /** Obstacle without a rule. Asked only where a way ends. */
  obstacle?: Obstacle;
  rules: RuleTexts;
}

const interfaceOf = ({ place }: Visit, hop: Hop | undefined): Interface | undefined =>
  [...place.interfaces.values()].find(({ name }) => name === hop?.interface);

/** Returns the interface at which a packet reaches IP: a bridge instead of the bridge's port. */
const reachesIp = (visit: Visit): Hop | undefined =>
  visit.hops.find((hop) => hop.way === 'in' && interfaceOf(visit, hop)?.master === undefined);

async function ask(place: Place, words: string[]): Promise<{ text: string; failed: boolean }> {
  const { code, stdout, stderr } = await place.machine.run(inPlace(place, words));
  return { text: (stdout || stderr).trim(), failed: code !== 0 };
}

/**
 * Returns the mark that the load balancer gave the packet, as words for `ip route get`: the mark
 * chooses the routing table. Empty if it gave none.
 */
export function markWords({ traces }: Pick<Visit, 'traces'>): string[] {
  const events = traces.flatMap((trace) => trace.events);
  const end = events.find(({ table, text }) => table === 'load_balancer' && /^policy/.test(text));
  const [, mark] = /meta mark (0x[0-9a-f]+)/.exec(end?.text ?? '') ?? [];
  return mark === undefined ? [] : ['mark', mark];
}

/** Returns the destination of a packet when a place routes it, after rules have changed it. */
function routedTo(visit: Visit): string {
  const departure = visit.hops.find(({ way }) => way === 'out');
  const untapped = visit.traces.at(-1)?.last;
  return (departure?.packet ?? untapped ?? visit.hops.at(-1)!.packet).dst;
}

/** Returns the line of the routing table that a packet of the visit matches. */
async function routeOf(visit: Visit): Promise<Pick<Decisions, 'route' | 'noRoute'>> {
  const arrival = reachesIp(visit);
  const dst = routedTo(visit);
  const source = visit.hops[0].packet.src;
  const own = [...visit.place.interfaces.values()].flatMap(({ addresses }) => addresses);
  if (arrival && own.includes(source))
    return { route: `${MARTIAN}: ${source} is an address of ${visit.place.name}`, noRoute: true };
  const from = arrival ? ['from', source, 'iif', arrival.interface, ...markWords(visit)] : [];
  const { text, failed } = await ask(visit.place, ['ip', 'route', 'get', 'fibmatch', dst, ...from]);
  if (!failed) return { route: text.split('\n')[0].trim(), noRoute: false };
  // `ip route get` reports a blackhole as an error. The table has its line.
  const table = await ask(visit.place, ['ip', 'route', 'show', 'to', 'match', dst]);
  const lines = table.text.split('\n').filter((line) => line !== '');
  const refusal = lines.find((line) => /^(blackhole|unreachable|prohibit)/.test(line));
  const message = text.replace(/^RTNETLINK answers: /, '');
  return { route: refusal ?? `no route to ${dst} (${message})`, noRoute: true };
}

/** Returns the entry of the bridge's forwarding table for the next place's MAC address. */
async function bridgeEntry(visit: Visit, bridge: string, next: Visit | undefined): Promise<string> {
  const mac = next && interfaceOf(next, next.hops[0])?.mac;
  if (!mac) return `${bridge}: ${visit.hops.map((hop) => hop.interface).join(' → ')}`;
  const { text, failed } = await ask(visit.place, ['bridge', 'fdb', 'get', mac, 'br', bridge]);
  return failed ? `${bridge}: no entry for ${mac}` : text.split('\n')[0].trim();
}

async function conntrackEntry(visit: Visit): Promise<string> {
  const { src, dst, sport, dport } = visit.traces[0]?.packet ?? visit.hops[0].packet;
  const { protocol, id } = visit.hops[0].packet;
  const { text } = await ask(visit.place, [
    'conntrack',
    '-L',
    '-p',
    protocol,
    '-s',
    src,
    '-d',
    dst,
  ]);
  const wanted = {
    src,
    dst,
    ...(sport === undefined ? {} : { sport, dport }),
    ...(id === undefined ? {} : { id }),
  };
  const flow = parseConntrack(text).find(({ original }) => matches(original, wanted));
  return flow?.line.replace(/ (mark|use|secctx)=\S+/g, '').replace(/\s+/g, ' ') ?? '';
}

async function readRules(visit: Visit): Promise<RuleTexts> {
  const events = visit.traces.flatMap((trace) => trace.events);
  if (!events.some(({ family }) => family === 'ip')) return new Map();
  const [listing, saved] = await Promise.all([
    ask(visit.place, ['nft', '-a', 'list', 'ruleset', 'ip']),
    ask(visit.place, ['iptables-nft-save']),
  ]);
  return ruleTexts(listing.text, saved.text);
}

const CONNTRACK = '/proc/sys/net/netfilter/nf_conntrack_';

/** Share of entries from which a table counts as full: some end between the probe and the question. */
const FULL = 0.99;

/** Returns why the connection-tracking table of a place takes no connection; `undefined` if it does. */
async function fullTable(place: Place): Promise<Obstacle | undefined> {
  const { text } = await ask(place, ['cat', `${CONNTRACK}count`, `${CONNTRACK}max`]);
  const [count, max] = text.split('\n').map(Number);
  if (!(count > max * FULL)) return undefined;
  return {
    kind: 'conntrack',
    text: `the connection-tracking table is full: ${count} of ${max} entries`,
  };
}

/** Returns the next address on the way to `dst` that does not answer ARP; `undefined` if all do. */
async function deafNeighbour(place: Place, dst: string): Promise<Obstacle | undefined> {
  const route = await ask(place, ['ip', 'route', 'get', dst]);
  const [, via = dst] = / via (\S+)/.exec(route.text) ?? [];
  const { text } = await ask(place, ['ip', 'neighbour', 'show', 'to', via]);
  const [, device] = / ?dev (\S+) .*(?:INCOMPLETE|FAILED)/.exec(text) ?? [];
  if (device === undefined) return undefined;
  return { kind: 'neighbour', text: `${via} does not answer ARP on ${device}` };
}

/** Returns what stops packets to `dst` in a place without a rule; `undefined` if nothing does. */
export async function obstacleIn(place: Place, dst: string): Promise<Obstacle | undefined> {
  if (place.namespace === undefined) return undefined;
  return (await fullTable(place)) ?? deafNeighbour(place, dst);
}

/** Whether the packet only passed from port to port of a bridge. */
function bridgeOf(visit: Visit): string | undefined {
  if (reachesIp(visit) || visit.hops[0].way === 'out') return undefined;
  return interfaceOf(visit, visit.hops[0])?.master;
}

/**
 * Asks the kernel what decided in a place. `tracked`: whether the visit is on the probe's way:
 * the connection-tracking entry has the probe's direction, not the answer's.
 */
export async function decisionsOf(
  visit: Visit,
  { next, tracked }: { next?: Visit; tracked: boolean },
): Promise<Decisions> {
  const bridge = bridgeOf(visit);
  const isHost = visit.place.namespace === undefined;
  const [route, conntrack, rules, obstacle] = await Promise.all([
    bridge === undefined
      ? routeOf(visit)
      : bridgeEntry(visit, bridge, next).then((entry) => ({ route: entry, noRoute: false })),
    tracked && !isHost ? conntrackEntry(visit) : '',
    isHost ? new Map() : readRules(visit),
    next === undefined ? obstacleIn(visit.place, routedTo(visit)) : undefined,
  ]);
  const routeKind = bridge === undefined ? 'route' : 'bridge';
  return { ...route, routeKind, conntrack, rules, obstacle };
}
