import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Access } from '../checks';
import { kubectl, typeOne } from '../checks/lab';
import { textIf } from '../util/optional';
import { root } from '../util/repo-root';
import { NAMESPACE } from './lab';
import { median } from './measures';

const PORT = 5201;
const SECONDS = 3;
const TRIES = 3;

/** End of a connection: a node or a pod. */
export interface End {
  address: string;
  /** Runs tcp.pl there; returns its output. */
  tcp(...args: (string | number)[]): Promise<string>;
}

/** Two ends of each kind. Connections go from the first to the second. */
export interface Ends {
  pods: End[];
  nodes: End[];
}

/** Gigabits per second. */
export interface Throughput {
  pods: number;
  nodes: number;
}

/**
 * Command that runs tcp.pl from standard input. All ends run on the same processor, which is then
 * busy, so that the result is the cost of the network path. With the scheduler's choice of
 * processors, the result varies from 14 to 38 Gbit/s.
 */
export const tcpCommand = (args: (string | number)[]): string[] => [
  ...['taskset', '--cpu-list', '0', 'perl', '-'],
  ...args.map(String),
];

export const tcpSource = (): string => fs.readFileSync(path.join(root, 'bench/tcp.pl'), 'utf8');

/** Returns an end on a node of a lab, or in a network namespace of the node. */
function labEnd(
  access: Access,
  { node, address, namespace }: { node: string; address: string; namespace?: string },
): End {
  const inside = textIf(namespace, `sudo ip netns exec ${namespace} `);
  return {
    address,
    tcp: (...args) =>
      typeOne(
        { access },
        node,
        `${inside}${tcpCommand(args).join(' ')} << 'END_OF_PERL'\n${tcpSource()}\nEND_OF_PERL`,
      ),
  };
}

/** Measures the gigabits a second that arrive from one end at the other. */
async function once(from: End, to: End): Promise<number> {
  const [received] = await Promise.all([
    to.tcp('receive', PORT, 15),
    from.tcp('send', to.address, PORT, SECONDS),
  ]);
  return (Number(received) * 8) / 1e9;
}

/** Returns the busybox test pod on a node. */
async function podOn(access: Access, node: string): Promise<End> {
  const address = await kubectl({ access }, [
    'get',
    'pod',
    `busybox-${node}`,
    `--namespace=${NAMESPACE}`,
    '--output=jsonpath={.status.podIP}',
  ]);
  const find = `for n in $(ls /var/run/netns); do sudo ip -n "$n" address show eth0 2> /dev/null | grep -qF "inet ${address}/" && echo "$n"; done; true`;
  const namespace = (await typeOne({ access }, node, find)).trim();
  if (!namespace)
    throw new Error(
      `no network namespace on ${node} has ${address}, the address of busybox-${node}`,
    );
  return labEnd(access, { node, address, namespace });
}

/** Measures alternately between pods and between nodes, so that other load affects both. */
export async function throughputOf({ pods, nodes }: Ends): Promise<Throughput> {
  const found: { pods: number[]; nodes: number[] } = { pods: [], nodes: [] };
  for (let turn = 0; turn < TRIES; turn++) {
    found.pods.push(await once(pods[0], pods[1]));
    found.nodes.push(await once(nodes[0], nodes[1]));
  }
  return { pods: median(found.pods), nodes: median(found.nodes) };
}

/** Measures from the first worker of a lab to the second. */
export async function throughput(access: Access): Promise<Throughput> {
  const workers = access.outputs.topology.nodes.filter(({ role }) => role === 'worker').slice(0, 2);
  return throughputOf({
    nodes: workers.map(({ name, privateIp }) => labEnd(access, { node: name, address: privateIp })),
    pods: await Promise.all(workers.map(({ name }) => podOn(access, name))),
  });
}
