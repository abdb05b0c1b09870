import { addressAt } from '../../../util/cidr';
import { itemsIf, listOf } from '../../../util/optional';
import type { LabOutputs } from '../../../components/outputs';
import type { Node, PodRoute, Topology } from '../../../components/topology';
import { type Html, html } from './html';

// Narrow, so that text stays readable on a phone. Each node adds a row. Units are CSS pixels at
// full size.
const WIDTH = 400;
const EDGE = 10;
const TRUNK = 14;
const NODE = { left: 30, right: 230 };
const PODS = { left: 248, right: WIDTH };
const ROW = { height: 40, gap: 7 };
const LINE = 15;
/** Width of one character of an address, in the widest font of card.css. */
const CHARACTER = 6.4;

/** A part of the picture and the position of the next part. */
interface Part {
  svg: Html;
  bottom: number;
}

const box = (
  name: string,
  { left, right }: { left: number; right: number },
  top: number,
  height: number,
): Html =>
  html`<rect class="${name}" x="${left + 0.5}" y="${top + 0.5}" width="${right - left - 1}" height="${height - 1}" rx="6"/>`;

const text = (name: string, x: number, y: number, content: string): Html =>
  html`<text class="${name}" x="${x}" y="${y}">${content}</text>`;

const line = (name: string, x1: number, y1: number, x2: number, y2: number): Html =>
  html`<path class="${name}" d="M${x1} ${y1}L${x2} ${y2}"/>`;

/** Renders the routes; more than four routes get two columns if both fit. */
function routeTable(routes: PodRoute[], top: number): Part {
  const entries = routes.map(({ destination, nextHopIp }) => `${destination} via ${nextHopIp}`);
  const longest = Math.max(...entries.map((entry) => entry.length)) * CHARACTER;
  const half = (WIDTH - 2 * EDGE) / 2;
  let columns = 1;
  if (entries.length > 4 && longest < half) columns = 2;
  const rows = Math.ceil(entries.length / columns);
  return {
    svg: html`${entries.map((entry, index) => text('address', EDGE + Math.floor(index / rows) * half, top + (index % rows) * LINE, entry))}`,
    bottom: top + (rows - 1) * LINE,
  };
}

/** Returns the router's address in every subnet; usually there is one subnet. */
const gateways = ({ subnets }: Topology): string => subnets.map(({ gateway }) => gateway).join(' ');

function router({ topology, apiServer }: LabOutputs, top: number): Part {
  const table = routeTable(topology.routes, top + 52);
  const bottom = table.bottom + 11;
  return {
    bottom,
    svg: html`${box('router', { left: 0, right: WIDTH }, top, bottom - top)}
${text('name', EDGE, top + 19, 'VPC router')}${text('address end', WIDTH - EDGE, top + 19, gateways(topology))}
${text('word', EDGE, top + 35, 'its route table')}${listOf(apiServer).map((url) => text('address public end', WIDTH - EDGE, top + 35, `API ${new URL(url).host}`))}
${table.svg}`,
  };
}

function pods(node: Node, top: number): Html | undefined {
  if (node.podCidr === undefined) return undefined;
  return html`${line('wire', NODE.right, top + ROW.height / 2, PODS.left, top + ROW.height / 2)}${box('pods', PODS, top, ROW.height)}
${text('address', PODS.left + EDGE, top + 17, `cnio0 ${addressAt(node.podCidr, 1)}`)}${text('address', PODS.left + EDGE, top + 32, `pods ${node.podCidr}`)}`;
}

function publicAddress(publicIp: string, y: number): Html {
  if (!publicIp) return text('word end', NODE.right - EDGE, y, 'no public address');
  return text('address public end', NODE.right - EDGE, y, publicIp);
}

function nodeRow(node: Node, publicIp: string, top: number): Html {
  return html`${line('wire', TRUNK, top + ROW.height / 2, NODE.left, top + ROW.height / 2)}${box('node', NODE, top, ROW.height)}
${text('name', NODE.left + EDGE, top + 17, node.name)}${publicAddress(publicIp, top + 17)}
${text('address', NODE.left + EDGE, top + 32, node.privateIp)}${itemsIf(node.isGateway, text('word end', NODE.right - EDGE, top + 32, 'gateway'))}
${pods(node, top)}`;
}

function nodeRows({ topology, nodes }: LabOutputs, top: number): Part {
  const step = ROW.height + ROW.gap;
  const first = topology.nodes.findIndex(({ role }) => role === 'worker');
  const rows = topology.nodes.map((node, index) =>
    nodeRow(node, nodes.find(({ name }) => name === node.name)?.publicIp ?? '', top + index * step),
  );
  const last = top + (rows.length - 1) * step;
  return {
    bottom: last + ROW.height,
    svg: html`${line('wire', TRUNK, top - 26, TRUNK, last + ROW.height / 2)}
${text('word', NODE.left, top - 8, 'node network')}${text('address', NODE.left + 84, top - 8, topology.nodeCidr)}
${text('word', PODS.left, top + first * step - 23, 'pod network')}${text('address', PODS.left, top + first * step - 8, topology.podCidr)}
${rows}`,
  };
}

function services({ topology, proxyMode }: LabOutputs, top: number): Part {
  const height = 44;
  return {
    bottom: top + height,
    svg: html`${box('services', { left: 0, right: WIDTH }, top, height)}
${text('word', EDGE, top + 18, 'service network')}${text('address', EDGE + 98, top + 18, topology.serviceCidr)}${text('word end', WIDTH - EDGE, top + 18, `only in ${proxyMode}`)}
${text('address', EDGE, top + 34, `kube-dns ${topology.dnsIp}`)}${text('address end', WIDTH - EDGE, top + 34, `API ${topology.apiServiceIp}`)}`,
  };
}

/**
 * Renders the lab as a picture with every address of its topology and every public address.
 * card.css has the colours.
 */
export function picture(outputs: LabOutputs): Html {
  const routing = router(outputs, 40);
  const machines = nodeRows(outputs, routing.bottom + 26);
  const end = services(outputs, machines.bottom + 12);
  const nodes = outputs.topology.nodes.length;
  return html`<svg class="picture" viewBox="-1 0 ${WIDTH + 2} ${end.bottom}" role="img" aria-label="The VPC router with its route table, ${nodes} nodes, and the pod network of each worker">
${text('word middle', WIDTH / 2, 12, 'you: ssh, kubectl, a browser')}${line('wire', WIDTH / 2, 18, WIDTH / 2, 40)}${text('public word', WIDTH / 2 + 8, 33, 'public addresses')}
${routing.svg}
${machines.svg}
${end.svg}
</svg>`;
}
