import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { LabOutputs } from '../components/outputs';
import { hostLink, namespaceOf, slotOf } from '../provider/local';
import type { Cluster, Pod } from './cluster';
import type { Source } from './endpoints';
import { LAPTOP, podPlace, ROUTER } from './place-names';
import { agentMachine, agentWords } from './taps/agent';
import { hostMachine, type Machine } from './taps/machine';
import { parseInterfaces, podNamespaces, readPlace, type Place } from './taps/namespaces';

/** Places that a walk taps, and the machines that they are on. */
export interface Tapped {
  places: Place[];
  machines: Machine[];
  /** Nodes that cannot be tapped, with the reason. */
  untapped: { node: string; reason: string }[];
}

type Lab = Pick<LabOutputs, 'lab' | 'topology'>;

/** Starts programs on nodes over SSH, for example `access.start` of the checks. */
export type StartOnNode = (node: string, words: string[]) => Promise<ChildProcess>;

const pathOf = (namespace: string): string => `/run/netns/${namespace}`;

/** Finds the places of a local lab's pods. Pods that ended meanwhile are left out. */
function podPlaces(lab: string, pods: Pod[], machine: Machine): Omit<Place, 'interfaces'>[] {
  const nodes = [...new Set(pods.map(({ node }) => node))];
  return nodes.flatMap((node) => {
    const own = pods.filter((pod) => pod.node === node);
    const found = podNamespaces(
      lab,
      node,
      own.map(({ ip }) => ip),
    );
    return own.flatMap((pod) => {
      const namespace = found.get(pod.ip);
      return namespace === undefined ? [] : [{ name: podPlace(pod), namespace, machine }];
    });
  });
}

/**
 * Returns every place of a local lab where the probe can come by: nodes, router, pods, the laptop.
 * `tree`: Debian tree of the nodes, which has tcpdump.
 */
export async function localPlaces(
  { lab, topology }: Lab,
  { cluster, source, tree }: { cluster: Cluster; source: Source; tree: string },
): Promise<Tapped> {
  const slot = slotOf(lab);
  const machine = hostMachine(tree);
  const places = [
    ...podPlaces(lab, cluster.pods, machine),
    ...topology.nodes.map(({ name }) => ({
      name,
      namespace: pathOf(namespaceOf(lab, name)),
      machine,
    })),
    { name: ROUTER, namespace: pathOf(namespaceOf(lab, 'router')), machine },
    ...(source.kind === 'laptop' && slot
      ? [{ name: LAPTOP, namespace: undefined, only: hostLink(slot.slot), machine }]
      : []),
  ];
  return { places: await Promise.all(places.map(readPlace)), machines: [machine], untapped: [] };
}

/** Namespace of a node itself, by its first process. */
const OWN_NAMESPACE = '/proc/1/ns/net';

/** Prints a line for each namespace of a node: its path and `ip -j address`. CNI names those of pods. */
const LIST_NAMESPACES = `for n in ${OWN_NAMESPACE} /run/netns/cni-*; do
  [ -e "$n" ] || continue
  echo "$n $(nsenter --net="$n" ip -j address)"
done`;

/** Parses the lines of LIST_NAMESPACES to the places of a node and of its pods. Pure. */
export function parseNamespaces(
  text: string,
  { machine, privateIp, pods }: { machine: Machine; privateIp: string; pods: Pod[] },
): Place[] {
  return text.split('\n').flatMap((line): Place[] => {
    const [, namespace, json] = /^(\S+) (\[.*\])$/.exec(line) ?? [];
    if (namespace === undefined) return [];
    const interfaces = parseInterfaces(json);
    const all = [...interfaces.values()];
    const has = (ip: string): boolean => all.some(({ addresses }) => addresses.includes(ip));
    if (namespace === OWN_NAMESPACE) {
      const uplink = all.find(({ addresses }) => addresses.includes(privateIp))?.name;
      return [{ name: machine.name, machine, namespace, uplink, interfaces }];
    }
    const pod = pods.find(({ ip }) => has(ip));
    return pod ? [{ name: podPlace(pod), machine, namespace, interfaces }] : [];
  });
}

/** Logs in to a node and finds its namespaces. */
async function nodePlaces(
  start: StartOnNode,
  node: { name: string; privateIp: string },
  pods: Pod[],
): Promise<{ machine: Machine; places: Place[] }> {
  const machine = await agentMachine(
    node.name,
    await start(node.name, ['sudo', '-n', ...agentWords()]),
  );
  const { stdout, stderr } = await machine.run(['sh', '-c', LIST_NAMESPACES]);
  const places = parseNamespaces(stdout, { machine, privateIp: node.privateIp, pods });
  if (places.length > 0) return { machine, places };
  await machine.close();
  throw new Error(`${node.name}: its namespaces can't be listed: ${stderr.trim()}`);
}

/**
 * Returns the user's machine as a place, by the interface that leads to `address`. tcpdump and the
 * first sequence number of TCP need root, so sudo may ask for a password.
 */
async function laptopPlace(address: string, tree: string | undefined): Promise<Place> {
  const isRoot = process.getuid?.() === 0;
  const [program, ...args] = [...(isRoot ? [] : ['sudo']), ...agentWords()];
  const child = spawn(program, args, { stdio: 'pipe' });
  const tcpdump = tree === undefined ? undefined : hostMachine(tree).tcpdump;
  const machine = await agentMachine(LAPTOP, child, tcpdump);
  const { stdout } = await machine.run(['ip', '-j', 'route', 'get', address]);
  const [{ dev }] = JSON.parse(stdout || '[{}]') as [{ dev?: string }];
  return readPlace({ name: LAPTOP, machine, namespace: undefined, only: dev });
}

/** Returns every place of a cloud lab where taps are possible: nodes, pods, the laptop. */
export async function cloudPlaces(
  { topology }: Lab,
  options: {
    cluster: Cluster;
    source: Source;
    address: string;
    start: StartOnNode;
    /** Debian tree of local labs, if this host has it: it has tcpdump. */
    tree: string | undefined;
  },
): Promise<Tapped> {
  const { cluster, source, start } = options;
  const { nodes } = topology;
  const opened = await Promise.allSettled(
    nodes.map((node) =>
      nodePlaces(
        start,
        node,
        cluster.pods.filter((pod) => pod.node === node.name),
      ),
    ),
  );
  const tapped: Tapped = { places: [], machines: [], untapped: [] };
  opened.forEach((one, at) => {
    if (one.status === 'fulfilled') {
      tapped.places.push(...one.value.places);
      tapped.machines.push(one.value.machine);
      return;
    }
    const { message } = one.reason as Error;
    tapped.untapped.push({ node: nodes[at].name, reason: message.split('\n')[0] });
  });
  if (source.kind !== 'laptop') return tapped;
  try {
    const laptop = await laptopPlace(options.address, options.tree);
    tapped.places.push(laptop);
    tapped.machines.push(laptop.machine);
    return tapped;
  } catch (error) {
    await Promise.all(tapped.machines.map((machine) => machine.close()));
    throw error;
  }
}
