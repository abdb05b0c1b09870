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
  { nextHop, route }: Crossed,
  packet: Packet,
  { routes, untapped }: VpcKnowledge,
): Obstacle | undefined {
  const planned = routes.find(({ destination }) => contains(destination, packet.dst));
  const isMisled = planned && nextHop !== '' && planned.nextHop !== nextHop;
  if (isMisled) {
    const text = `${route.text}: the next hop is ${nextHop}, and not ${planned.nextHop}`;
    return { kind: 'route', text };
  }
  const blind = untapped.find(({ node }) => node === nextHop);
  return (
    blind && {
      kind: 'untapped',
      text: `no tap saw it again, because ${nextHop} can't be tapped: ${blind.reason}`,
    }
  );
}

/** Reports the VPC's part of a way. The last visit is the internet if the packet leaves the lab. */
function vpcVisits(
  { from, packet, next }: { from?: VpcInterface; packet: Packet; next: ReportedVisit | undefined },
  isAnswer: boolean,
  knowledge: VpcKnowledge,
): ReportedVisit[] {
  const { interfaces } = knowledge;
  const arrived = next?.hops[0]?.packet;
  const crossed = crossVpc({ from, packet, arrived, isAnswer, interfaces });
  const obstacle = obstacleTo(crossed, packet, knowledge);
  const visit: ReportedVisit = {
    ...bare(ROUTER),
    route: { kind: 'route', ...crossed.route },
    rules: crossed.rules,
    ...(obstacle && { obstacle }),
  };
  const left = crossed.to === 'internet' && next === undefined;
  return left ? [visit, bare(INTERNET)] : [visit];
}

/** Adds the VPC's part to a way that taps saw: wherever the packet left one machine for another. Pure. */
export function withVpc(
  visits: ReportedVisit[],
  isAnswer: boolean,
  knowledge: VpcKnowledge,
): ReportedVisit[] {
  const { uplinks, interfaces, routes } = knowledge;
  const interfaceOf = (place: string | undefined) => interfaces.find(({ node }) => node === place);
  /** Finds the interface that sent a packet which no tap saw before. */
  const senderOf = ({ src }: Packet) =>
    interfaces.find(({ privateIp }) => privateIp === src) ??
    interfaceOf(routes.find(({ destination }) => contains(destination, src))?.nextHop);
  const first = visits[0]?.hops[0];
  const comesIn = first?.way === 'in' && first.interface === uplinks.get(visits[0].place);
  const start = comesIn
    ? vpcVisits(
        { from: senderOf(first.packet), packet: first.packet, next: visits[0] },
        isAnswer,
        knowledge,
      )
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
