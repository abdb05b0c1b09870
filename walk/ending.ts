import type { Ending, ReportedVisit } from './report';
import { ROUTER } from './place-names';
import type { Target } from './endpoints';

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
  /** First and last NodePort. */
  nodePorts: [number, number];
}

const isPod = (place: string): boolean => place.startsWith('pod ');

/**
 * Linux's name for a packet that arrives with an address of the receiver as its source. The VPC sent
 * it back to its sender.
 */
export const MARTIAN = 'martian source';

const lastHop = (visit: ReportedVisit) => visit.hops[visit.hops.length - 1];

/** Whether a way ended in the place that has the packet's destination address. */
function arrived(visits: ReportedVisit[], addresses: Facts['addresses']): boolean {
  const visit = visits.at(-1);
  if (!visit || visit.rules.some(({ dropped }) => dropped)) return false;
  const { way, packet } = lastHop(visit);
  return way === 'in' && addresses(visit.place).includes(packet.dst);
}

/** Returns the check of a flow that works, and of a place where no other check fits. */
function checkOfFlow({ forward, target, nodePorts, from }: Facts): string {
  const isNodePort = target.port >= nodePorts[0] && target.port <= nodePorts[1];
  if (target.service?.externalIps.includes(target.address)) return 'lb.reach';
  if (target.protocol === 'udp' && target.port === 53) return 'svc.dns';
  if (isNodePort) return 'nodeport.reach';
  const crosses = forward.some(({ place }) => place === ROUTER);
  if (target.service) return crosses ? 'svc.chains' : 'svc.same-node';
  if (isPod(from) || isPod(forward.at(-1)?.place ?? '')) return crosses ? 'nat.ping' : 'pod.bridge';
  return 'nodes.ping';
}

/** Returns the check that covers the place where a packet was dropped. */
function checkOfDrop(visit: ReportedVisit, facts: Facts): string {
  const rule = visit.rules.find(({ dropped }) => dropped);
  const flow = checkOfFlow(facts);
  if (!rule && visit.route.missing) {
    if (visit.place === ROUTER || visit.route.text.startsWith(MARTIAN)) return 'route.vpc';
    return isPod(visit.place) ? 'route.pod' : 'route.host';
  }
  if (visit.place === ROUTER && rule?.chain.startsWith('bridge')) return 'nat.ping';
  if (rule || visit.place === ROUTER) return flow;
  if (isPod(visit.place)) return 'pod.veth';
  const onlyPort = visit.hops.every((hop) => /^veth/.test(hop.interface));
  return onlyPort ? 'pod.bridge' : flow;
}

function reasonOf(visit: ReportedVisit): string {
  const rule = visit.rules.find(({ dropped }) => dropped);
  if (rule) return `${rule.chain}: ${rule.text}`;
  if (visit.route.missing) return visit.route.text;
  const { way, interface: name } = lastHop(visit);
  return way === 'out'
    ? `it left by ${name}, and no tap saw it again`
    : `it arrived at ${name} and did not go on; no rule dropped it`;
}

/** Whether a packet comes back to a place that it left: the routes make a circle. */
const circles = (visits: ReportedVisit[]): boolean => visits.length > 12;

function droppedAt(visits: ReportedVisit[], which: 'probe' | 'answer', facts: Facts): Ending {
  const visit = visits[visits.length - 1];
  const circle = circles(visits);
  const around = [...new Set(visits.slice(-4).map(({ place }) => place))];
  return {
    outcome: 'dropped',
    dropped: which,
    place: circle ? ROUTER : visit.place,
    interface: lastHop(visit).interface,
    reason: circle
      ? `it goes in a circle between ${around.join(' and ')} until its TTL is used up`
      : reasonOf(visit),
    check: circle ? 'route.vpc' : checkOfDrop(visit, facts),
  };
}

/** Decides how a walk ended: delivered, delivered without an answer, or dropped in a place. Pure. */
export function endingOf(facts: Facts): Ending {
  const { forward, reply, from, addresses } = facts;
  if (forward.length === 0) {
    return {
      outcome: 'dropped',
      dropped: 'probe',
      place: from,
      interface: '',
      reason: `no packet left ${from}${facts.detail ? `: ${facts.detail}` : ''}`,
      check: isPod(from) ? 'route.pod' : 'nodes.ping',
    };
  }
  if (!arrived(forward, addresses)) return droppedAt(forward, 'probe', facts);
  const visit = forward[forward.length - 1];
  const at = { place: visit.place, interface: lastHop(visit).interface };
  const check = checkOfFlow(facts);
  if (reply.length === 0)
    return { outcome: 'unanswered', ...at, reason: 'no answer was sent', check };
  if (reply.at(-1)!.place !== from || !arrived(reply, addresses))
    return droppedAt(reply, 'answer', facts);
  const refused = facts.outcome === 'refused' || facts.outcome === 'unreachable';
  return refused
    ? { outcome: 'unanswered', ...at, reason: 'it answered that nothing listens there', check }
    : { outcome: 'delivered', ...at, reason: 'answered', check };
}
