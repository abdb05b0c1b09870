import { contains, parseCidr } from '../../util/cidr';
import { spellAddresses, type Packet } from '../packet';
import { SOURCE_CHECK } from '../place-names';
import type { ReportedVisit } from '../report';
import type { RuleLine } from '../rules';
import type { VpcInterface, VpcRoute, VpcRule } from './facts';

/** Packet on its way through a VPC. */
export interface Crossing {
  /** Interface that sent the packet; `undefined` if it comes from the internet. */
  from: VpcInterface | undefined;
  /** Packet as it left. */
  packet: Packet;
  /** Packet as it arrived; `undefined` if no tap saw it again. */
  arrived: Packet | undefined;
  /** Whether the packet answers another one, which the firewall admitted. */
  isAnswer: boolean;
  /** All network interfaces of the VPC. */
  interfaces: VpcInterface[];
}

/** Decisions of a VPC about a packet, by what the cloud's API reports. */
export interface Crossed {
  route: Omit<ReportedVisit['route'], 'kind'>;
  rules: RuleLine[];
  /** Interface that the packet is for; `internet` if it leaves the VPC; `undefined` if it is dropped. */
  to: VpcInterface | 'internet' | undefined;
  /** Next hop by the route, also of a packet that is dropped: a node or `the internet`; empty if there is none. */
  nextHop: string;
}

const drop = (chain: string, text: string): RuleLine => ({ chain, text, dropped: true });
const pass = (chain: string, text: string): RuleLine => ({ chain, text, dropped: false });

/** Returns the most specific route to an address; `undefined` if there is none. */
export function routeTo(routes: VpcRoute[], address: string): VpcRoute | undefined {
  const prefix = ({ destination }: VpcRoute): number => parseCidr(destination).prefix;
  return routes
    .filter(({ destination }) => contains(destination, address))
    .sort((one, other) => prefix(other) - prefix(one) || one.priority - other.priority)[0];
}

const fitsPort = ({ protocol, ports }: VpcRule, packet: Packet): boolean =>
  (protocol === 'all' || protocol === packet.protocol) &&
  (!ports || (packet.dport !== undefined && packet.dport >= ports[0] && packet.dport <= ports[1]));

/** Returns the rule that decides about a packet. `end`: address of the other end. */
function firewallRule(
  rules: VpcRule[],
  { packet, end, owner }: { packet: Packet; end: string; owner: string },
): RuleLine {
  const fitting = rules.filter((rule) => fitsPort(rule, packet));
  const [first] = fitting
    .filter(({ cidrs }) => cidrs.some((cidr) => contains(cidr, end)))
    // Of two rules with the same priority, the one that denies wins.
    .sort(
      (one, other) => one.priority - other.priority || Number(one.admits) - Number(other.admits),
    );
  if (first) return { chain: first.chain, text: first.text, dropped: !first.admits };
  const others = fitting.map(({ text }) => text).join('; ');
  return drop(
    `firewall of ${owner}`,
    `no rule admits ${packet.protocol} ${spellAddresses(packet)}${others && `; it has ${others}`}`,
  );
}

const ANSWER = pass('firewall', 'answers of admitted connections pass');

/** Decides about a packet that reaches an interface of the VPC. */
function arrive(target: VpcInterface, { packet, arrived, isAnswer }: Crossing): RuleLine[] {
  if (packet.dst !== target.privateIp && !target.forwards)
    return [drop(SOURCE_CHECK, target.setting)];
  if (isAnswer) return [ANSWER];
  // A packet from the internet may have got another source address on its way.
  const end = (arrived ?? packet).src;
  return [firewallRule(target.ingress, { packet, end, owner: target.node })];
}

/** Decides about a packet that comes from the internet. */
function fromInternet(crossing: Crossing): Crossed {
  const { packet, interfaces } = crossing;
  // A packet that was seen only inside has its private address already.
  const target =
    interfaces.find(({ publicIp }) => publicIp === packet.dst) ??
    interfaces.find(({ privateIp }) => privateIp === packet.dst);
  if (!target)
    return {
      route: { text: `no interface of the VPC has the address ${packet.dst}`, missing: true },
      rules: [],
      to: undefined,
      nextHop: '',
    };
  const inside = { ...crossing, packet: { ...packet, dst: target.privateIp } };
  const text = `internet gateway: ${target.publicIp} is ${target.privateIp} of ${target.node}`;
  const rules = arrive(target, inside);
  return { route: { text, missing: false }, rules, to: target, nextHop: target.node };
}

/** Decides about a packet that a route leads to the internet. */
function toInternet(from: VpcInterface, crossing: Crossing): Pick<Crossed, 'rules' | 'to'> {
  const { packet, interfaces } = crossing;
  if (packet.src !== from.privateIp || from.publicIp === '') {
    const reason = `${packet.src} has no public address`;
    return { rules: [drop('internet gateway', reason)], to: undefined };
  }
  const translated = pass('internet gateway', `src ${packet.src} → ${from.publicIp}`);
  if (!interfaces.some(({ publicIp }) => publicIp === packet.dst))
    return { rules: [translated], to: 'internet' };
  const back = fromInternet({ ...crossing, packet: { ...packet, src: from.publicIp } });
  return { rules: [translated, ...back.rules], to: back.to };
}

/** Decides whether an interface may send a packet. */
function leave(from: VpcInterface, { packet, isAnswer }: Crossing): RuleLine {
  if (packet.src !== from.privateIp && !from.forwards) return drop(SOURCE_CHECK, from.setting);
  if (isAnswer) return ANSWER;
  return firewallRule(from.egress, { packet, end: packet.dst, owner: from.node });
}

/** Decides about a packet that an interface of the VPC sends. */
function fromInterface(from: VpcInterface, crossing: Crossing): Crossed {
  const { packet, interfaces } = crossing;
  const found = routeTo(from.routes, packet.dst);
  const rule = leave(from, crossing);
  if (!found || found.to === 'nothing') {
    const text = found?.text ?? `no route to ${packet.dst} for ${from.node}`;
    return { route: { text, missing: true }, rules: [rule], to: undefined, nextHop: '' };
  }
  const { to, text } = found;
  const route = { text, missing: false };
  if (to === 'internet') {
    const gateway = toInternet(from, crossing);
    return { route, ...gateway, rules: [rule, ...gateway.rules], nextHop: 'the internet' };
  }
  const target = interfaces.find(({ privateIp, id }) =>
    to === 'inside' ? privateIp === packet.dst : id === to.interface,
  );
  if (target) {
    const rules = [rule, ...arrive(target, crossing)];
    return { route, rules, to: target, nextHop: target.node };
  }
  const reason = `${text}: no interface has the address ${packet.dst}`;
  return { route: { text: reason, missing: true }, rules: [rule], to: undefined, nextHop: '' };
}

/**
 * Decides how a VPC treats a packet, by the routes and rules that the cloud's API reports. If the
 * packet arrived, a rule that drops it is left out: the API was changed meanwhile. Pure.
 */
export function crossVpc(crossing: Crossing): Crossed {
  const { from, arrived } = crossing;
  const crossed = from ? fromInterface(from, crossing) : fromInternet(crossing);
  const unique = crossed.rules.filter(
    (rule, at) => crossed.rules.findIndex((other) => other.text === rule.text) === at,
  );
  if (arrived) {
    const rules = unique.filter(({ dropped }) => !dropped);
    return { ...crossed, route: { ...crossed.route, missing: false }, rules };
  }
  const end = unique.findIndex(({ dropped }) => dropped);
  if (end < 0 && !crossed.route.missing) return { ...crossed, rules: unique };
  return { ...crossed, rules: end < 0 ? unique : unique.slice(0, end + 1), to: undefined };
}
