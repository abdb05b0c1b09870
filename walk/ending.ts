import { textIf } from '../util/optional';
import { INTERNET, LAPTOP, ROUTER, SOURCE_CHECK } from './place-names';
import type { Ending, Obstacle, ReportedHop, ReportedVisit } from './report';
import type { Target } from './endpoints';
import { joinNames } from '../util/join-names';

/** Facts about a walk that decide how it ended. */
export interface Facts {
  forward: ReportedVisit[];
  reply: ReportedVisit[];
  /** Place that sent the probe. */
  from: string;
  /** Addresses of each place. */
  addresses: (place: string) => string[];
  target: Target;
  /** Outcome that the sender saw. */
  outcome: 'answered' | 'refused' | 'unreachable' | 'silent';
  detail: string;
  /** Obstacle in the place that sent the probe, if no packet left it. */
  obstacle?: Obstacle;
  /** First and last NodePort. */
  nodePorts: [number, number];
}

const isPod = (place: string): boolean => place.startsWith('pod ');

/**
 * Linux's name for a packet that arrives with an address of the receiver as its source. The VPC sent
 * it back to its sender.
 */
export const MARTIAN = 'martian source';

const lastHop = (visit: ReportedVisit): ReportedHop | undefined => visit.hops.at(-1);

/** Returns the interface at which a packet was seen last in a place; empty in a place without taps. */
const lastInterface = (visit: ReportedVisit): string => lastHop(visit)?.interface ?? '';

/** Whether a way ended in the place that has the packet's destination address. */
function arrived(visits: ReportedVisit[], addresses: Facts['addresses']): boolean {
  const visit = visits.at(-1);
  if (!visit || visit.rules.some(({ dropped }) => dropped)) return false;
  const hop = lastHop(visit);
  return hop?.way === 'in' && addresses(visit.place).includes(hop.packet.dst);
}

/** Returns the check of a flow that works, and of a place where no other check fits. */
function checkOfFlow({ forward, target, nodePorts, from }: Facts): string {
  const isNodePort = target.port >= nodePorts[0] && target.port <= nodePorts[1];
  if (target.service?.externalIps?.includes(target.address)) return 'lb.reach';
  if (target.protocol === 'udp' && target.port === 53) return 'svc.dns';
  if (isNodePort) return 'nodeport.reach';
  const crosses = forward.some(({ place }) => place === ROUTER);
  if (target.service && crosses) return 'svc.chains';
  if (target.service) return 'svc.same-node';
  if (!isPod(from) && !isPod(forward.at(-1)?.place ?? '')) return 'nodes.ping';
  if (crosses) return 'nat.ping';
  return 'pod.bridge';
}

/** Returns the check of a state that stops packets without a rule, on a node or in a pod. */
function checkOfObstacle({ kind }: Obstacle): string {
  if (kind === 'conntrack') return 'nodes.ping';
  return 'pod.bridge';
}

/** Returns the check that covers the place where a packet was dropped. */
function checkOfDrop(visit: ReportedVisit, facts: Facts): string {
  const rule = visit.rules.find(({ dropped }) => dropped);
  const flow = checkOfFlow(facts);
  if (!rule && visit.route.missing) {
    if (visit.place === ROUTER || visit.route.text.startsWith(MARTIAN)) return 'route.vpc';
    if (isPod(visit.place)) return 'route.pod';
    return 'route.host';
  }
  if (rule?.chain === SOURCE_CHECK) return 'nat.ping';
  if (visit.place === ROUTER && rule?.chain.startsWith('bridge')) return 'nat.ping';
  if (rule || visit.place === ROUTER) return flow;
  if (visit.obstacle) return checkOfObstacle(visit.obstacle);
  if (isPod(visit.place)) return 'pod.veth';
  const onlyPort = visit.hops.every((hop) => /^veth/.test(hop.interface));
  if (onlyPort) return 'pod.bridge';
  return flow;
}

function reasonOf(visit: ReportedVisit): string {
  const rule = visit.rules.find(({ dropped }) => dropped);
  if (rule) return `${rule.chain}: ${rule.text}`;
  if (visit.route.missing) return visit.route.text;
  if (visit.obstacle) return visit.obstacle.text;
  const hop = lastHop(visit);
  if (visit.place === INTERNET) return 'it left the lab, and the laptop did not see it';
  if (!hop) return 'no node saw it again, and no route or rule that the API reports drops it';
  if (hop.way === 'out') return `it left by ${hop.interface}, and no tap saw it again`;
  return `it arrived at ${hop.interface} and did not go on; no rule dropped it`;
}

/** Whether a packet comes back to a place that it left: the routes make a circle. */
const circles = (visits: ReportedVisit[]): boolean => visits.length > 12;

/** Whether a route of the VPC leads to another node than planned. */
const isMisled = ({ obstacle }: ReportedVisit): boolean => obstacle?.kind === 'route';

function droppedAt(visits: ReportedVisit[], which: 'probe' | 'answer', facts: Facts): Ending {
  const visit = visits[visits.length - 1];
  const misled = visits.find(isMisled);
  if (misled)
    return {
      outcome: 'dropped',
      dropped: which,
      place: misled.place,
      interface: '',
      reason: misled.obstacle!.text,
      check: 'route.vpc',
    };
  const dropped = { outcome: 'dropped', dropped: which, interface: lastInterface(visit) } as const;
  if (circles(visits)) {
    const around = [...new Set(visits.slice(-4).map(({ place }) => place))];
    return {
      ...dropped,
      place: ROUTER,
      reason: `it goes in a circle between ${joinNames(around)} until its TTL is used up`,
      check: 'route.vpc',
    };
  }
  return {
    ...dropped,
    place: visit.place,
    reason: reasonOf(visit),
    check: checkOfDrop(visit, facts),
  };
}

const isNode = (place: string): boolean =>
  !isPod(place) && ![ROUTER, LAPTOP, INTERNET].includes(place);

const end = (address: string, port: number | undefined): string =>
  `${address}${textIf(port, `:${port}`)}`;

/** Ends a walk after a probe that never left its place. */
function neverLeft({ from, detail, obstacle }: Facts): Ending {
  const why = detail || obstacle?.text;
  let check = 'nodes.ping';
  if (isPod(from)) check = 'route.pod';
  if (isPod(from) && obstacle) check = checkOfObstacle(obstacle);
  return {
    outcome: 'dropped',
    dropped: 'probe',
    place: from,
    interface: '',
    reason: `no packet left ${from}${textIf(why, `: ${why}`)}`,
    check,
  };
}

/**
 * Explains why no rule of a node translated a packet. The rules of table nat see only tracked
 * connections, so an earlier rule can be the cause. `check` is the check of missing rules.
 */
function untranslatedBecause(
  visit: ReportedVisit,
  { to, check }: { to: string; check: string },
): Pick<Ending, 'reason' | 'check'> {
  const untracked = visit.rules.find(({ text }) => /\bnotrack\b/i.test(text));
  if (!untracked) return { reason: `no rule of ${visit.place} translates ${to} to a pod`, check };
  const rule = `${untracked.chain}: ${untracked.text}`;
  return {
    reason: `${visit.place} does not track the connection, and so does not translate ${to}: ${rule}`,
    check: 'nodeport.entry',
  };
}

/**
 * Ends a walk to a ClusterIP that no rule translated: in the first node, where kube-proxy should
 * have. `undefined` if a rule did, or if a rule of that node dropped the packet.
 */
function untranslated({ forward, target }: Facts): Ending | undefined {
  if (target.service?.clusterIp !== target.address) return undefined;
  const node = forward.find(({ place }) => isNode(place));
  const packets = forward.flatMap(({ hops }) => hops.map(({ packet }) => packet));
  const isChanged = packets.some(({ dst }) => dst !== target.address);
  if (!node || isChanged || node.rules.some(({ dropped }) => dropped)) return undefined;
  return {
    outcome: 'dropped',
    dropped: 'probe',
    place: node.place,
    interface: lastInterface(node),
    ...untranslatedBecause(node, { to: end(target.address, target.port), check: 'svc.chains' }),
  };
}

function noAnswer({ place }: ReportedVisit): string {
  if (place === INTERNET) return 'no answer came back to the lab';
  return 'no answer was sent';
}

/** Explains why a packet that arrived was refused or got no answer, with the check of it. */
function unansweredBecause(facts: Facts): Pick<Ending, 'reason' | 'check'> {
  const { forward, target, nodePorts } = facts;
  const visit = forward[forward.length - 1];
  const [first, last] = nodePorts;
  const isNodePort = target.port >= first && target.port <= last;
  if (isNodePort && isNode(visit.place) && lastHop(visit)?.packet.dport === target.port)
    return untranslatedBecause(visit, { to: `NodePort ${target.port}`, check: 'nodeport.chains' });
  if (facts.reply.length > 0)
    return { reason: 'it answered that nothing listens there', check: checkOfFlow(facts) };
  if (visit.obstacle)
    return { reason: visit.obstacle.text, check: checkOfObstacle(visit.obstacle) };
  return { reason: noAnswer(visit), check: checkOfFlow(facts) };
}

/** Ends a walk after an answer that came to its sender, which did not take it. */
function answerNotTaken({ from, reply, target }: Facts, check: string): Ending {
  const { interface: name, packet } = lastHop(reply[reply.length - 1])!;
  const came = end(packet.src, packet.sport);
  const sent = end(target.address, target.port);
  let reason = 'the answer arrived, and its sender did not take it';
  if (came !== sent)
    reason = `the answer came from ${came}, not from ${sent}: no rule reversed the translation`;
  return { outcome: 'dropped', dropped: 'answer', place: from, interface: name, reason, check };
}

/** Decides how a walk ended: delivered, delivered without an answer, or dropped in a place. Pure. */
export function endingOf(facts: Facts): Ending {
  const { forward, reply, from, addresses, outcome } = facts;
  if (forward.length === 0) return neverLeft(facts);
  const missed = untranslated(facts);
  if (missed) return missed;
  const visit = forward[forward.length - 1];
  // No tap sees the end. An answer shows that the probe arrived.
  const isBlind = visit.obstacle?.kind === 'untapped' && outcome === 'answered';
  const isOutside = (visit.place === INTERNET && !forward.some(isMisled)) || isBlind;
  if (!isOutside && !arrived(forward, addresses)) return droppedAt(forward, 'probe', facts);
  const at = { place: visit.place, interface: lastInterface(visit) };
  if (reply.length === 0) return { outcome: 'unanswered', ...at, ...unansweredBecause(facts) };
  if (reply.at(-1)!.place !== from || !arrived(reply, addresses))
    return droppedAt(reply, 'answer', facts);
  if (outcome === 'refused' || outcome === 'unreachable')
    return { outcome: 'unanswered', ...at, ...unansweredBecause(facts) };
  const check = checkOfFlow(facts);
  if (outcome === 'silent') return answerNotTaken(facts, check);
  return { outcome: 'delivered', ...at, reason: 'answered', check };
}
