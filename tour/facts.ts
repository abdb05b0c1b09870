import { addressAt } from '../util/cidr';
import type { LabOutputs } from '../components/outputs';
import type { Role } from './step';

/** Pod of the lab, as far as the tour needs it. */
export interface TourPod {
  name: string;
  ip: string;
  node: string;
}

/** The student's objects in a lab, as far as they exist. */
export interface Facts {
  nginx?: TourPod;
  /** busybox on worker-0, on worker-1, and on the worker that runs nginx. */
  first?: TourPod;
  second?: TourPod;
  near?: TourPod;
  service?: { ip: string; nodePort: string };
  dns?: { ip: string };
}

interface Item {
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels?: Record<string, string>;
    deletionTimestamp?: string;
  };
  spec: { nodeName?: string; clusterIP?: string; ports?: { nodePort?: number }[] };
  status: {
    podIP?: string;
    phase?: string;
    conditions?: { type: string; status: string }[];
  };
}

const isReady = ({ metadata, status }: Item): boolean =>
  !metadata.deletionTimestamp &&
  (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Returns the student's Ready pods with the label `app=APP`. */
function podsOf(items: Item[], app: string): TourPod[] {
  return items
    .filter(({ kind, metadata }) => kind === 'Pod' && metadata.namespace === 'default')
    .filter((item) => item.metadata.labels?.app === app && isReady(item))
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      ip: status.podIP ?? '',
      node: spec.nodeName ?? '',
    }));
}

/** Parses `kubectl get pods,services -A -o json`. */
export function parseFacts(json: string): Facts {
  const { items } = JSON.parse(json) as { items: Item[] };
  const busybox = podsOf(items, 'busybox0');
  const nginx = podsOf(items, 'nginx')[0];
  const service = items.find(
    ({ kind, metadata }) =>
      kind === 'Service' && metadata.namespace === 'default' && metadata.name === 'nginx',
  );
  const dns = items.find(
    ({ kind, metadata }) => kind === 'Service' && metadata.name === 'kube-dns',
  );
  const at = (node: string | undefined): TourPod | undefined =>
    busybox.find((pod) => pod.node === node);
  const nodePort = service?.spec.ports?.[0]?.nodePort;
  return {
    nginx,
    first: at('worker-0'),
    second: at('worker-1'),
    near: nginx && at(nginx.node),
    ...(service?.spec.clusterIP &&
      nodePort && { service: { ip: service.spec.clusterIP, nodePort: String(nodePort) } }),
    ...(dns?.spec.clusterIP && { dns: { ip: dns.spec.clusterIP } }),
  };
}

type Lab = Pick<LabOutputs, 'nodes' | 'topology' | 'nodePortUrl'>;

const workersOf = ({ topology }: Lab): string[] =>
  topology.nodes.filter(({ role }) => role === 'worker').map(({ name }) => name);

/** Returns the node of a role; `laptop` for itself. */
export function nodeOf(role: Role, facts: Facts, lab: Lab): string {
  const workers = workersOf(lab);
  const nginx = facts.nginx?.node ?? workers[0];
  const nodes: Record<Role, string> = {
    laptop: 'laptop',
    first: workers[0],
    second: workers[1] ?? workers[0],
    nginx,
    entry: workers.find((name) => name !== nginx) ?? nginx,
  };
  return nodes[role];
}

/** Flattens what is known to values by name, such as `nginx.ip`. */
export function valuesOf(facts: Facts, lab: Lab): Map<string, string> {
  const values = new Map<string, string>();
  const add = (name: string, of: object | undefined): void => {
    for (const [key, value] of Object.entries(of ?? {}))
      values.set(`${name}.${key}`, String(value));
  };
  for (const [name, fact] of Object.entries(facts)) add(name, fact as object | undefined);
  for (const role of ['first', 'second', 'nginx', 'entry'] as const) {
    const node = nodeOf(role, facts, lab);
    values.set(`${role}.node`, node);
    values.set(`${role}.address`, addressOf(node, lab));
    values.set(`${role}.gateway`, gatewayOf(node, lab));
  }
  const entry = lab.nodes.find(({ name }) => name === values.get('entry.node'));
  const port = facts.service?.nodePort;
  if (port) {
    values.set('url', lab.nodePortUrl);
    if (entry?.publicIp) values.set('url', `http://${entry.publicIp}:${port}`);
  }
  // A lab with one worker has a controller to ping.
  const other = workersOf(lab)[1] ?? lab.topology.nodes[0].name;
  values.set('other.address', addressOf(other, lab));
  values.set('router', lab.topology.nodes[0].subnet.gateway);
  values.set('controller', lab.topology.nodes[0].name);
  return values;
}

const addressOf = (node: string, { topology }: Lab): string =>
  topology.nodes.find(({ name }) => name === node)?.privateIp ?? '';

/** Returns the address of a worker's bridge, the first of its pod network. */
function gatewayOf(node: string, { topology }: Lab): string {
  const podCidr = topology.nodes.find(({ name }) => name === node)?.podCidr;
  if (podCidr) return addressAt(podCidr, 1);
  return '';
}

/** Puts values into a text. Unknown values stay in braces. */
export const fill = (text: string, values: Map<string, string>): string =>
  text.replace(/\{([a-z]+(?:\.[A-Za-z]+)?)\}/g, (whole, name: string) => values.get(name) ?? whole);
