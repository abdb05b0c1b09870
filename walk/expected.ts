import type { Topology } from '../components/topology';
import { itemsIf } from '../util/optional';
import { LAPTOP, ROUTER } from './place-names';
import type { Way } from './packet';

/** One interface on the way that a packet must take: `VPC router`, `vpc`, `in`. */
export interface ExpectedHop {
  place: string;
  interface: string;
  way: Way;
}

/** Pod on the way, with the name of its veth on the node. */
export interface ExpectedPod {
  /** `pod default/nginx`. */
  place: string;
  node: string;
  veth: string;
}

/** End of a flow: a pod, or a node by name. */
export type ExpectedEnd = { pod: ExpectedPod } | { node: string };

/** Flow to compute the hops of. */
export interface Flow {
  /** `laptop` with the host's interface, or an end in the lab. */
  from: ExpectedEnd | { laptop: string };
  /** Pod or node that answers; `undefined` if the destination is outside the lab. */
  to: ExpectedEnd | undefined;
  /** Node with the NodePort that the laptop uses; unset for other flows. */
  entry?: string;
}

const at = (place: string, way: Way, ...interfaces: string[]): ExpectedHop[] =>
  interfaces.map((name) => ({ place, interface: name, way }));

function nodeOf(end: ExpectedEnd): string {
  if ('pod' in end) return end.pod.node;
  return end.node;
}

/** Returns the hops from a pod to IP on its node. */
const leavePod = ({ place, node, veth }: ExpectedPod): ExpectedHop[] => [
  ...at(place, 'out', 'eth0'),
  ...at(node, 'in', veth, 'cnio0'),
];

/** Returns the hops from IP on a pod's node to the pod. */
const enterPod = ({ place, node, veth }: ExpectedPod): ExpectedHop[] => [
  ...at(node, 'out', 'cnio0', veth),
  ...at(place, 'in', 'eth0'),
];

/** Returns the hops from a flow's start to IP on its node; none if the node itself starts. */
function leave(from: ExpectedEnd): ExpectedHop[] {
  if ('pod' in from) return leavePod(from.pod);
  return [];
}

/** Returns the hops from IP on a node to the flow's end; none if the node itself is the end. */
function enter(to: ExpectedEnd): ExpectedHop[] {
  if ('pod' in to) return enterPod(to.pod);
  return [];
}

const sameNode = (from: ExpectedPod, to: ExpectedPod): ExpectedHop[] => [
  ...at(from.place, 'out', 'eth0'),
  ...at(from.node, 'in', from.veth),
  ...at(to.node, 'out', to.veth),
  ...at(to.place, 'in', 'eth0'),
];

/** Returns the hops from one node to another: routed by the VPC for pods, switched for nodes. */
function crossVpc(from: string, to: string, isRouted: boolean): ExpectedHop[] {
  const router = [
    ...at(ROUTER, 'in', from),
    ...itemsIf(isRouted, ...at(ROUTER, 'in', 'vpc'), ...at(ROUTER, 'out', 'vpc')),
    ...at(ROUTER, 'out', to),
  ];
  return [...at(from, 'out', 'eth0'), ...router, ...at(to, 'in', 'eth0')];
}

/** Returns the hops from a node's IP to the end of the flow. */
function fromNode(node: string, to: ExpectedEnd): ExpectedHop[] {
  if (nodeOf(to) === node) return enter(to);
  return [...crossVpc(node, nodeOf(to), 'pod' in to), ...enter(to)];
}

/**
 * Computes the interfaces that a probe passes, from the topology alone. A local lab's VPC routes
 * packets to pods and to addresses outside, and switches packets between nodes. Pure.
 */
export function expectedHops({ nodes }: Pick<Topology, 'nodes'>, flow: Flow): ExpectedHop[] {
  const { from, to, entry } = flow;
  if ('laptop' in from) {
    const node = nodes.find(({ name }) => name === entry);
    if (!node || !to) throw new Error(`the lab has no node ${entry}`);
    return [
      ...at(LAPTOP, 'out', from.laptop),
      ...at(ROUTER, 'in', 'internet'),
      ...at(ROUTER, 'out', 'vpc', node.name),
      ...at(node.name, 'in', 'eth0'),
      ...fromNode(node.name, to),
    ];
  }
  const own = nodeOf(from);
  if (to === undefined)
    return [...leave(from), ...at(own, 'out', 'eth0'), ...at(ROUTER, 'in', own, 'vpc')];
  if ('pod' in from && 'pod' in to && own === nodeOf(to)) return sameNode(from.pod, to.pod);
  return [...leave(from), ...fromNode(own, to)];
}

/** Returns the hops from a NodePort's node back to the laptop. */
const toLaptop = (node: string, link: string): ExpectedHop[] => [
  ...at(node, 'out', 'eth0'),
  ...at(ROUTER, 'in', node, 'vpc'),
  ...at(ROUTER, 'out', 'internet'),
  ...at(LAPTOP, 'in', link),
];

/** Returns the hops of an answer from a pod or node to a node, up to the node's IP. */
function toNode(from: ExpectedEnd, node: string, isRouted: boolean): ExpectedHop[] {
  const own = nodeOf(from);
  if (own === node) return leave(from);
  return [...leave(from), ...crossVpc(own, node, isRouted)];
}

/**
 * Computes the interfaces that the answer passes; none if the destination is outside the lab. An
 * answer to a node's address is switched by the VPC. With masquerade, a pod's traffic to another
 * node has its node's address. Without, the VPC routes the answer to the pod. Pure.
 */
export function expectedReply({ from, to, entry }: Flow, ipMasq: boolean): ExpectedHop[] {
  if (to === undefined) return [];
  if ('laptop' in from) {
    if (entry === undefined) throw new Error('a flow from the laptop enters by a node');
    return [...toNode(to, entry, false), ...toLaptop(entry, from.laptop)];
  }
  const home = nodeOf(from);
  if (!('pod' in from)) return toNode(to, home, false);
  if ('pod' in to && nodeOf(to) === home) return sameNode(to.pod, from.pod);
  return [...toNode(to, home, !ipMasq), ...enterPod(from.pod)];
}
