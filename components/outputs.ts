import { CONFIG_KEYS, defaultOf, type LabConfig, parseConfig, type RawConfig } from './config';
import { topology, type Topology } from './topology';

/** The way into a lab's jump host, but for the name or address of the machine that the lab is on. Opened by sshPrivateKey. */
export interface JumpLogin {
  user: string;
  port: number;
  /** `ssh-ed25519 …`, to be pinned. */
  hostKey: string;
}

/** The stack's outputs, as `pulumi stack output` shows them. Secret ones are marked. */
export interface StackOutputs {
  lab: string;
  /** The whole config that the lab was made with, defaults too, as JSON: the topology follows from it. */
  config: string;
  /** As the article's two listings print them; no public address where a node has none. */
  nodes: { name: string; privateIp: string; publicIp: string }[];
  /** `https://ADDRESS:PORT`, for people; nodes use the controllers' private addresses. */
  apiServer: string;
  /** `http://WORKER-0:31088`, where the article's nginx answers; in profile small the gateway's address. */
  nodePortUrl: string;
  /** OpenSSH known_hosts lines, one a node, by the address that it is reached at. */
  knownHosts: string;
  /** Secret: admin's kubeconfig; '' at stage none. */
  kubeconfig: string;
  /** Secret: OpenSSH private key for ubuntu on every node. */
  sshPrivateKey: string;
  /** When the lab should be gone, in UTC: `2026-12-01T18:00Z`; '': never. */
  expires: string;
  /** Digest of all that was run on the machines. */
  bootstrapped: string;
  /** Local only: the network namespace that is the VPC router. */
  router?: string;
  /** Local only: how students log in from outside this machine; none where the lab has no jump host. */
  jump?: JumpLogin;
}

/** The outputs and what follows from them: what `./lab` and the checks read. */
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

/** How one logs in to a node. */
export interface Login {
  host: string;
  /** Name and address of the node by way of which; none where it has a public address. */
  through?: { name: string; host: string };
}

/** At its public address, or by way of the gateway node at its private one. */
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

/** The config as the output `config` has it, in the form that parseConfig reads: every key that the cloud has a use for. */
export function describeConfig(config: LabConfig): string {
  const used = CONFIG_KEYS.filter((key) => defaultOf(key, config.cloud) !== undefined);
  return JSON.stringify(Object.fromEntries(used.map((key) => [key, config[key]])));
}

/** Makes LabOutputs of a stack's outputs. Throws a ConfigError where another version of this program made the stack. */
export function readOutputs({ config: text, ...outputs }: StackOutputs): LabOutputs {
  const values = Object.entries(JSON.parse(text) as Record<string, unknown>);
  const raw: RawConfig = Object.fromEntries(
    values.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
  const config = parseConfig(raw);
  const { cloud, stage, ipMasq, proxyMode, publicPool, region, project } = config;
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
    topology: topology(config),
  };
}
