import { contains } from '../util/cidr';
import { nearest } from '../util/suggest';
import type { Cluster, Pod, Service, ServicePort } from './cluster';
import type { Protocol } from './packet';

/** Mistake in the words of a walk. */
export class WalkMistake extends Error {
  constructor(
    message: string,
    /** Example that works, or where to look. */
    readonly cure: string,
  ) {
    super(message);
  }
}

/** Node of the lab with its addresses. */
export interface NodeAddresses {
  name: string;
  privateIp: string;
  /** Empty if the node has none. */
  publicIp: string;
}

/** Lab as far as the words SRC and DST name parts of it. */
export interface Named {
  nodes: NodeAddresses[];
  cluster: Cluster;
  /** Networks that the laptop reaches: a local lab's public /24, or the public address of each node. */
  publicCidrs: string[];
}

/** Place that sends the probe. */
export type Source =
  { kind: 'pod'; pod: Pod } | { kind: 'node'; node: NodeAddresses } | { kind: 'laptop' };

/** Address that the probe is sent to. */
export interface Target {
  address: string;
  protocol: Protocol;
  /** 0 for icmp. */
  port: number;
  /** Service with this ClusterIP, NodePort or external address; unset for others. */
  service?: Service;
}

const EXAMPLES = './lab walk worker-0/busybox0 svc/nginx:80';

/** Returns the pods that a word means: of exactly this name, else of a name that starts with `WORD-`. */
function podsCalled(pods: Pod[], name: string): Pod[] {
  const exact = pods.filter((pod) => pod.name === name);
  return exact.length > 0 ? exact : pods.filter((pod) => pod.name.startsWith(`${name}-`));
}

/** Finds the pod of `POD`, `NAMESPACE/POD` or `NODE/POD`; `undefined` if no pod has this name. */
function findPod(word: string, { nodes, cluster }: Named): Pod | undefined {
  const [scope, name] = word.includes('/') ? word.split('/', 2) : [undefined, word];
  const isNode = nodes.some((node) => node.name === scope);
  const scoped = cluster.pods.filter(
    (pod) => scope === undefined || (isNode ? pod.node : pod.namespace) === scope,
  );
  const found = podsCalled(scoped, name);
  if (found.length > 1)
    throw new WalkMistake(
      `"${word}" can be ${found.length} pods: ${found.map((pod) => `${pod.namespace}/${pod.name}`).join(', ')}.`,
      'name one of them, as NAMESPACE/POD or NODE/POD',
    );
  return found[0];
}

function unknown(word: string, { nodes, cluster }: Named): WalkMistake {
  const names = [
    'laptop',
    ...nodes.map(({ name }) => name),
    ...cluster.pods.map(({ name }) => name),
  ];
  const bare = word.split('/').pop()!;
  return new WalkMistake(
    `"${word}" is no pod, node or address of this lab${nearest(bare, names)}.`,
    `./lab kubectl -- get pods -A -o wide lists the pods; for example ${EXAMPLES}`,
  );
}

/** Parses SRC: `laptop`, a node, `NODE/POD`, `NAMESPACE/POD` or a pod. */
export function parseSource(word: string, named: Named): Source {
  if (word === 'laptop') return { kind: 'laptop' };
  const node = named.nodes.find(({ name }) => name === word);
  if (node) return { kind: 'node', node };
  const pod = findPod(word, named);
  if (pod) return { kind: 'pod', pod };
  throw unknown(word, named);
}

/** Options of a walk that change how DST is read. */
export interface TargetOptions {
  protocol?: Protocol;
  port?: number;
}

function portOf(text: string | undefined, option: number | undefined): number | undefined {
  if (text === undefined) return option;
  if (option !== undefined && option !== Number(text))
    throw new WalkMistake(`DST names port ${text}, and --port names ${option}.`, EXAMPLES);
  return Number(text);
}

/** Returns the service's port that a walk goes to: the given one, or the only one. */
function chooseServicePort(
  service: Service,
  port: number | undefined,
  protocol: Protocol | undefined,
): ServicePort {
  const fitting = service.ports.filter(
    (one) =>
      (port === undefined || one.port === port) &&
      (protocol === undefined || one.protocol === protocol),
  );
  const chosen = fitting.find((one) => one.protocol === 'tcp') ?? fitting[0];
  const different = new Set(fitting.map((one) => one.port)).size;
  if (chosen && different === 1) return chosen;
  const ports = service.ports.map((one) => `${one.protocol} ${one.port}`).join(', ');
  throw new WalkMistake(
    `Service ${service.name} has ${chosen ? 'several ports' : 'no such port'}: it has ${ports}.`,
    `svc/${service.name}:${service.ports[0]?.port ?? 80}`,
  );
}

/** Port in DST, behind its name, and the options. */
interface Wanted extends TargetOptions {
  /** Digits after the colon. */
  text?: string;
}

function serviceTarget(word: string, { protocol, port, text }: Wanted, named: Named): Target {
  const parts = word.split('/').slice(1);
  const [namespace, name] = parts.length > 1 ? parts : [undefined, parts[0]];
  const found = named.cluster.services.filter(
    (one) => one.name === name && (namespace === undefined || one.namespace === namespace),
  );
  const service = found.find((one) => one.namespace === 'default') ?? found[0];
  if (!service) {
    const names = named.cluster.services.map((one) => one.name);
    throw new WalkMistake(
      `No service is called "${name}"${nearest(name, names)}.`,
      './lab kubectl -- get services -A lists them',
    );
  }
  if (protocol === 'icmp')
    throw new WalkMistake(
      'A service has ports, and icmp has none.',
      `./lab walk SRC ${word} --protocol tcp`,
    );
  if (service.clusterIp === '')
    throw new WalkMistake(`Service ${name} has no ClusterIP.`, 'name one of its pods instead');
  const chosen = chooseServicePort(service, portOf(text, port), protocol);
  return { address: service.clusterIp, port: chosen.port, protocol: chosen.protocol, service };
}

/** Returns the service that an address and port belong to: by its addresses, or by NodePort of a node. */
function serviceAt(target: Target, { nodes, cluster }: Named): Service | undefined {
  const isNode = nodes.some(({ privateIp, publicIp }) =>
    [privateIp, publicIp].includes(target.address),
  );
  return cluster.services.find(
    ({ clusterIp, externalIps, ports }) =>
      clusterIp === target.address ||
      externalIps?.includes(target.address) ||
      (isNode &&
        ports.some(
          ({ nodePort, protocol }) => nodePort === target.port && protocol === target.protocol,
        )),
  );
}

function addressOf(name: string, source: Source, named: Named): string {
  if (/^\d+(\.\d+){3}$/.test(name)) return name;
  const node = named.nodes.find((one) => one.name === name);
  if (node) return source.kind === 'laptop' ? node.publicIp : node.privateIp;
  const pod = findPod(name, named);
  if (!pod) throw unknown(name, named);
  return pod.ip;
}

/** Throws a WalkMistake for an address that the laptop reaches only through other networks. */
function refuseUnreachable(name: string, address: string, { nodes, publicCidrs }: Named): void {
  if (address === '') {
    const entry = nodes.find(({ publicIp }) => publicIp !== '')?.name ?? 'worker-0';
    throw new WalkMistake(
      `${name} has no public address, so the laptop does not reach it.`,
      `./lab walk laptop ${entry}:PORT, through the node that has one`,
    );
  }
  if (publicCidrs.some((cidr) => contains(cidr, address))) return;
  throw new WalkMistake(
    `The laptop reaches only the lab's public addresses: ${publicCidrs.join(', ')}; not ${address}.`,
    './lab walk laptop worker-0:31088, or a node or pod as SRC',
  );
}

/** Parses DST: an address, `svc/NAME`, a node or a pod, each with `:PORT` or without. */
export function parseTarget(
  word: string,
  { source, named, options }: { source: Source; named: Named; options: TargetOptions },
): Target {
  const [, name, text] = /^(.*?)(?::(\d+))?$/.exec(word)!;
  if (/^svc\//.test(name)) return serviceTarget(name, { ...options, text }, named);
  const port = portOf(text, options.port);
  const protocol = options.protocol ?? (port === undefined ? 'icmp' : 'tcp');
  if (protocol === 'icmp' && port !== undefined)
    throw new WalkMistake(`icmp has no ports, and DST names port ${port}.`, '--protocol tcp');
  if (protocol !== 'icmp' && port === undefined)
    throw new WalkMistake(`${protocol} needs a port.`, `${name}:80, or --port 80`);
  if (port !== undefined && (port < 1 || port > 65535))
    throw new WalkMistake(`${port} is no port: ports are 1 to 65535.`, `${name}:80`);
  const address = addressOf(name, source, named);
  if (source.kind === 'laptop') refuseUnreachable(name, address, named);
  const target: Target = { address, protocol, port: port ?? 0 };
  const service = serviceAt(target, named);
  return service ? { ...target, service } : target;
}
