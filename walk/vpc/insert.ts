import type { PodRoute } from '../../components/topology';
import { contains } from '../../util/cidr';
import type { Packet } from '../packet';
import { INTERNET, LAPTOP, ROUTER } from '../place-names';
import type { Obstacle, ReportedVisit } from '../report';
import { crossVpc, type Crossed } from './cross';
import type { VpcInterface } from './facts';

/** Knowledge of a VPC besides what taps saw. */
export interface VpcKnowledge {
  interfaces: VpcInterface[];
  /** Interface of each node by which packets enter the VPC, by the node's name. */
  uplinks: Map<string, string>;
  /** Routes to pods, as planned. */
  routes: PodRoute[];
  /** Nodes that cannot be tapped, with the reason. */
  untapped: { node: string; reason: string }[];
}

const bare = (place: string): ReportedVisit => ({
  place,
  hops: [],
  route: { kind: 'route', text: '', missing: false },
  rules: [],
  conntrack: '',
});

/** Returns what explains the end of a way besides routes and rules: another next hop than planned, or no tap. */
function obstacleTo(
  to: Crossed['to'],
  packet: Packet,
  { routes, untapped }: VpcKnowledge,
): Pick<Obstacle, 'kind' | 'text'> | undefined {
  if (to === undefined || to === 'internet') return undefined;
  const planned = routes.find(({ destination }) => contains(destination, packet.dst));
  if (planned && planned.nextHop !== to.node)
    return { kind: 'route', text: `the next hop is ${to.node}, and not ${planned.nextHop}` };
  const blind = untapped.find(({ node }) => node === to.node);
  return blind && { kind: 'untapped', text: `${to.node} can't be tapped: ${blind.reason}` };
}

/** Reports the VPC's part of a way. The last visit is the internet if the packet leaves the lab. */
function vpcVisits(
  { from, packet, next }: { from?: VpcInterface; packet: Packet; next: ReportedVisit | undefined },
  isAnswer: boolean,
  knowledge: VpcKnowledge,
): ReportedVisit[] {
  const { interfaces } = knowledge;
  const arrived = next?.hops[0]?.packet;
  const { route, rules, to } = crossVpc({ from, packet, arrived, isAnswer, interfaces });
  const obstacle = obstacleTo(to, packet, knowledge);
  const text = obstacle?.kind === 'route' ? `${route.text}: ${obstacle.text}` : route.text;
  const visit: ReportedVisit = {
    ...bare(ROUTER),
    route: { kind: 'route', ...route },
    rules,
    ...(obstacle && { obstacle: { ...obstacle, text } }),
  };
  const left = to === 'internet' && next === undefined;
  return left ? [visit, bare(INTERNET)] : [visit];
}

/** Adds the VPC's part to a way that taps saw: wherever the packet left one machine for another. Pure. */
export function withVpc(
  visits: ReportedVisit[],
  isAnswer: boolean,
  knowledge: VpcKnowledge,
): ReportedVisit[] {
  const { uplinks, interfaces } = knowledge;
  const interfaceOf = (place: string) => interfaces.find(({ node }) => node === place);
  const first = visits[0]?.hops[0];
  const comesIn = first?.way === 'in' && first.interface === uplinks.get(visits[0].place);
  const start = comesIn
    ? vpcVisits({ packet: first.packet, next: visits[0] }, isAnswer, knowledge)
    : [];
  const shown = visits.flatMap((visit, at) => {
    const last = visit.hops.at(-1);
    if (!last || last.way !== 'out') return [visit];
    const isUplink = visit.place === LAPTOP || last.interface === uplinks.get(visit.place);
    if (!isUplink) return [visit];
    const crossing = {
      from: interfaceOf(visit.place),
      packet: last.packet,
      next: visits[at + 1],
    };
    return [visit, ...vpcVisits(crossing, isAnswer, knowledge)];
  });
  return [...start, ...shown];
}
