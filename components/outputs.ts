import {
  CONFIG_KEYS,
  defaultOf,
  type LabConfig,
  parseConfig,
  type RawConfig,
  asText,
} from './config';
import { topology, type Topology } from './topology';

/** Login of a lab's jump host, at the address of the host. Its key is `sshPrivateKey`. */
export interface JumpLogin {
  /** For example `student`. */
  user: string;
  /** TCP port of the host, for example 22003. */
  port: number;
  /** Public host key to pin, for example `ssh-ed25519 AAAA…`. */
  hostKey: string;
}

/** Outputs of the stack, as `pulumi stack output` prints them. */
export interface StackOutputs {
  /** Name of the lab, for example `aws-s01`. */
  lab: string;
  /** Whole config of the lab, with defaults, as JSON. The topology follows from it. */
  config: string;
  /** As in the article's two listings. `publicIp` is empty if a node has none. */
  nodes: {
    name: string;
    privateIp: string;
    publicIp: string;
    /** IPv6 address that a cloud assigned; unset on local labs, and unless the lab is dual-stack. */
    privateIp6?: string;
  }[];
  /** `https://ADDRESS:PORT`, for users; nodes use the controllers' private addresses. */
  apiServer: string;
  /** `http://ADDRESS:31088`, URL of the article's nginx: worker-0's address, or the gateway's. */
  nodePortUrl: string;
  /** OpenSSH known_hosts lines, one for each node, by the address of its SSH server. */
  knownHosts: string;
  /** Secret: kubeconfig of user admin; empty at stage none. */
  kubeconfig: string;
  /** Secret: OpenSSH private key of user `ubuntu` on every node. */
  sshPrivateKey: string;
  /** Expiry in UTC, for example `2026-12-01T18:00Z`; empty: never. */
  expires: string;
  /** Digest of all sessions on the nodes. */
  bootstrapped: string;
  /** Services with a balancer of the cloud, and the balancers' addresses; unset without any. */
  loadBalancers?: { service: string; address: string }[];
  /** Local only: network namespace of the VPC router. */
  router?: string;
  /** Local only: login from outside the host; unset if the lab has no jump host. */
  jump?: JumpLogin;
}

/** Outputs, with the config and topology that follow from them. `./lab` and the checks read these. */
export interface LabOutputs
  extends
    Omit<StackOutputs, 'config'>,
    Pick<
      LabConfig,
      'cloud' | 'stage' | 'ipMasq' | 'proxyMode' | 'publicPool' | 'region' | 'project'
    > {
  config: LabConfig;
  topology: Topology;
}

/** Address of a node's SSH server. */
export interface Login {
  host: string;
  /** Name and address of the gateway node; unset if the node has a public address. */
  through?: { name: string; host: string };
}

/** Returns a node's public address, or its private address behind the gateway node. */
export function loginOf(
  { nodes, topology }: Pick<LabOutputs, 'nodes' | 'topology'>,
  { publicIp, privateIp }: LabOutputs['nodes'][number],
): Login {
  if (publicIp) return { host: publicIp };
  const gateway = nodes.find(({ name }) =>
    topology.nodes.some((node) => node.name === name && node.isGateway),
  )!;
  return { host: privateIp, through: { name: gateway.name, host: gateway.publicIp } };
}

/** Formats the output `config`, which parseConfig reads again: all keys that the cloud uses. */
export function describeConfig(config: LabConfig): string {
  const used = CONFIG_KEYS.filter((key) => defaultOf(key, config.cloud) !== undefined);
  return JSON.stringify(Object.fromEntries(used.map((key) => [key, config[key]])));
}

/** Parses a stack's outputs. Throws a ConfigError if another version of the program made the stack. */
export function readOutputs({ config: text, ...outputs }: StackOutputs): LabOutputs {
  const values = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const raw: RawConfig = Object.fromEntries(values.map(([key, value]) => [key, asText(value)]));
  const config = parseConfig(raw);
  const { cloud, stage, ipMasq, proxyMode, publicPool, region, project } = config;
  const assigned = outputs.nodes.map(({ name, privateIp6 }) => [name, privateIp6] as const);
  return {
    ...outputs,
    expires: outputs.expires ?? '',
    config,
    cloud,
    stage,
    ipMasq,
    proxyMode,
    publicPool,
    region,
    project,
    topology: topology(config, Object.fromEntries(assigned)),
  };
}
