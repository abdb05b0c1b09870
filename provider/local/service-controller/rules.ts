import { covers } from '../../../util/cidr';
import { itemsIf, textIf } from '../../../util/optional';
import type { BalancedPort } from './services';

/** nft's name of the load balancer's table, which belongs to the controller alone. */
export const TABLE = 'ip load_balancer';

/** Worker that can get connections. */
export interface BalancerNode {
  /** For example `worker-0`. */
  name: string;
  privateIp: string;
}

/** Address of a service, and the nodes that get its connections. */
export interface Frontend {
  /** `NAMESPACE/NAME`. */
  title: string;
  address: string;
  ports: BalancedPort[];
  /** CIDRs of clients; empty: every client. */
  sources: string[];
  /** Whether all connections of one client go to the same node. */
  sticky: boolean;
  /** Names of the healthy nodes. */
  healthy: string[];
}

/** Facts of the lab that the rules depend on. */
export interface RulePlan {
  nodes: BalancerNode[];
  /** CIDRs that may reach any service: the lab's `nodePortCidrs`. */
  openTo: string[];
  nodeCidr: string;
}

const FIRST_MARK = 0x100;

/** Bits of a mark by which a load-balanced packet differs from others. */
export const MARK_BITS = '0xff00';

/** Returns the mark of packets to the node at this place, and the number of its routing table. */
export const markOf = (index: number): number => FIRST_MARK + index;

const hex = (mark: number): string => `0x${mark.toString(16)}`;

/**
 * Returns the node of each bucket. Each node has its own bucket. The bucket of an unhealthy
 * node belongs to a healthy one meanwhile, so that clients of the other nodes do not move.
 */
export function bucketsOf(nodes: BalancerNode[], healthy: string[]): number[] {
  const able = nodes.flatMap(({ name }, index) => itemsIf(healthy.includes(name), index));
  return nodes.map((_, index) => {
    if (able.includes(index)) return index;
    return able[index % able.length];
  });
}

/** Removes CIDRs that another one covers: nft does not accept overlapping ones in a set. */
export const withoutCovered = (cidrs: string[]): string[] =>
  [...new Set(cidrs)].filter(
    (cidr, _, all) => !all.some((other) => other !== cidr && covers(other, cidr)),
  );

const anyOf = (values: string[]): string => `{ ${values.join(', ')} }`;

/** Returns the condition on the client's address: it must be in one CIDR of each list. */
const admits = (openTo: string[], sources: string[]): string =>
  [openTo, sources]
    .filter((cidrs) => cidrs.length > 0)
    .map((cidrs) => `ip saddr ${anyOf(withoutCovered(cidrs))}`)
    .join(' ');

const chainOf = ({ address }: Frontend, { protocol, port }: BalancedPort): string =>
  `${protocol}_${address}_${port}`;

function dispatch(frontend: Frontend, port: BalancedPort, { openTo }: RulePlan): string {
  const to = `ip daddr ${frontend.address} ${port.protocol} dport ${port.port}`;
  const from = admits(openTo, frontend.sources);
  return `\t\t${to} ${from} goto ${chainOf(frontend, port)} comment "${frontend.title}"`;
}

/** Returns the chain that chooses the node of a connection, and keeps it while it is healthy. */
function chooser(frontend: Frontend, port: BalancedPort, { nodes }: RulePlan): string[] {
  const marks = bucketsOf(nodes, frontend.healthy).map((index) => hex(markOf(index)));
  const key = `ip saddr${textIf(!frontend.sticky, ` . ${port.protocol} sport`)}`;
  const buckets = marks.map((mark, bucket) => `${bucket} : ${mark}`);
  let [choice] = marks;
  if (marks.length > 1) choice = `jhash ${key} mod ${marks.length} seed 0x1 map ${anyOf(buckets)}`;
  return [
    `\tchain ${chainOf(frontend, port)} {`,
    `\t\tct mark != ${anyOf([...new Set(marks)])} ct mark set ${choice}`,
    '\t\tmeta mark set ct mark',
    '\t}',
  ];
}

/**
 * Renders the load balancer's whole table, for `nft -f`, which replaces it in one transaction. A
 * service without a healthy node has no rule, and the router drops its packets. Pure.
 */
export function renderRules(frontends: Frontend[], plan: RulePlan): string {
  const open = frontends.filter(({ healthy }) => plan.openTo.length > 0 && healthy.length > 0);
  const pairs = open.flatMap((frontend) => frontend.ports.map((port) => ({ frontend, port })));
  const addresses = open.map(({ address }) => address);
  return [
    `table ${TABLE}`,
    `delete table ${TABLE}`,
    `table ${TABLE} {`,
    ...pairs.flatMap(({ frontend, port }) => chooser(frontend, port, plan)),
    '\tchain choose_node {',
    '\t\ttype filter hook prerouting priority mangle + 10; policy accept;',
    `\t\tiifname "vpc" ip saddr != ${plan.nodeCidr} return comment "a node without rules sent it back"`,
    ...itemsIf(
      addresses.length > 0,
      `\t\tip daddr ${anyOf(addresses)} ct state related meta mark set ct mark`,
    ),
    ...pairs.map(({ frontend, port }) => dispatch(frontend, port, plan)),
    '\t}',
    '}',
    '',
  ].join('\n');
}
