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

/** End of a connection: a node, or a pod on the node, given by its network namespace. */
interface End {
  node: string;
  address: string;
  namespace?: string;
}

/**
 * Runs tcp.pl on a node, or in a pod's network namespace. All ends run on the same processor, which
 * is then busy, so that the result is the cost of the network path. With the scheduler's choice of
 * processors, the result varies from 14 to 38 Gbit/s.
 */
function tcp(
  access: Access,
  { node, namespace }: End,
  ...args: (string | number)[]
): Promise<string> {
  const source = fs.readFileSync(path.join(root, 'bench/tcp.pl'), 'utf8');
  const inside = textIf(namespace, `sudo ip netns exec ${namespace} `);
  return typeOne(
    { access },
    node,
    `${inside}taskset --cpu-list 0 perl - ${args.join(' ')} << 'END_OF_PERL'\n${source}\nEND_OF_PERL`,
  );
}

/** Measures the gigabits a second that arrive from one end at the other. */
async function once(access: Access, from: End, to: End): Promise<number> {
  const [received] = await Promise.all([
    tcp(access, to, 'receive', PORT, 15),
    tcp(access, from, 'send', to.address, PORT, SECONDS),
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
  return { node, address, namespace };
}

/**
 * Measures gigabits a second from the first worker to the second, alternately between pods and
 * between nodes.
 */
export async function throughput(access: Access): Promise<{ pods: number; nodes: number }> {
  const workers = access.outputs.topology.nodes.filter(({ role }) => role === 'worker').slice(0, 2);
  const nodes: End[] = workers.map(({ name, privateIp }) => ({ node: name, address: privateIp }));
  const pods = await Promise.all(workers.map(({ name }) => podOn(access, name)));
  const found: { pods: number[]; nodes: number[] } = { pods: [], nodes: [] };
  for (let turn = 0; turn < TRIES; turn++) {
    found.pods.push(await once(access, pods[0], pods[1]));
    found.nodes.push(await once(access, nodes[0], nodes[1]));
  }
  return { pods: median(found.pods), nodes: median(found.nodes) };
}
