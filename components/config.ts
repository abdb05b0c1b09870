import { covers, overlap, parseCidr } from './cidr';
import { nearest } from './nearest';
import { STAGES, type Stage } from './stage';

export const CLOUDS = ['local', 'aws', 'gcp'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** A lab's config: every key that Pulumi.yaml declares, checked. */
export interface LabConfig {
  cloud: Cloud;
  controllers: number;
  workers: number;
  nodeCidr: string;
  podCidr: string;
  serviceCidr: string;
  /** Whether the CNI bridge masquerades what pods send out of their own /24. */
  ipMasq: boolean;
  proxyMode: 'iptables' | 'nftables';
  stage: Stage;
  adminCidrs: string[];
  nodePortCidrs: string[];
  nodePorts: [number, number];
  apiPort: number;
  /** Bytes; the nodes' interfaces, the CNI bridge and the pods share it. */
  mtu: number;
  /** Local only: what public /24s are taken from. */
  publicPool: string;
}

/** Config as the engine hands it over: every value a string, lists as JSON. */
export type RawConfig = Record<string, string | undefined>;

/** All mistakes of a config in one Error, a line each. */
export class ConfigError extends Error {
  constructor(readonly mistakes: string[]) {
    super(`${mistakes.length === 1 ? 'One mistake' : `${mistakes.length} mistakes`} in the config:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

type Reader<T> = (text: string) => T;

const wholeNumber =
  (least: number, most: number): Reader<number> =>
  (text) => {
    if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most) throw new Error(`is "${text}", not a whole number from ${least} to ${most}`);
    return Number(text);
  };

const oneOf =
  <T extends string>(...values: readonly T[]): Reader<T> =>
  (text) => {
    if (!values.includes(text as T)) throw new Error(`is "${text}", not one of ${values.join(', ')}${nearest(text, values)}`);
    return text as T;
  };

const truth: Reader<boolean> = (text) => oneOf('true', 'false')(text) === 'true';

const controllerCount: Reader<number> = (text) => {
  const count = wholeNumber(1, 3)(text);
  if (count === 2) throw new Error('is 2: etcd needs an odd number to survive the loss of one, so 1 or 3');
  return count;
};

/** Networks whose addresses no machine can have. */
const NOT_FOR_MACHINES = [
  ['0.0.0.0/8', 'they mean "this network"'],
  ['127.0.0.0/8', "they are every machine's own"],
  ['169.254.0.0/16', 'they are for links without a router'],
  ['224.0.0.0/3', 'they are for multicast, or reserved'],
] as const;

/** A network with room for what the topology puts into it. */
const network =
  (widest: number, narrowest: number, why: string): Reader<string> =>
  (text) => {
    const { prefix } = parseCidr(text);
    const special = NOT_FOR_MACHINES.find(([cidr]) => overlap(cidr, text));
    if (special) throw new Error(`is ${text}, where addresses of ${special[0]} are: ${special[1]}, so choose another network`);
    if (prefix < widest || prefix > narrowest) throw new Error(`is ${text}: ${why}, so the prefix must be from /${widest} to /${narrowest}`);
    return text;
  };

const cidrs: Reader<string[]> = (text) => {
  let list: unknown;
  try {
    list = text.trim().startsWith('[') ? JSON.parse(text) : text.split(',').map((part) => part.trim()).filter(Boolean);
  } catch {
    throw new Error(`is "${text}", not a list of CIDRs: write them with commas, such as 198.18.0.0/15,192.0.2.7/32`);
  }
  return (list as unknown[]).map((entry) => {
    parseCidr(String(entry));
    return String(entry);
  });
};

const READERS: { [K in Exclude<keyof LabConfig, 'nodePorts'>]: Reader<LabConfig[K]> } = {
  cloud: (text) => {
    const cloud = oneOf(...CLOUDS)(text);
    if (cloud !== 'local') throw new Error(`is ${cloud}, which is planned and not there yet: local is`);
    return cloud;
  },
  controllers: controllerCount,
  workers: wholeNumber(1, 9),
  nodeCidr: network(16, 27, 'controllers are hosts 10 to 12 of it and workers 20 to 28'),
  podCidr: network(8, 20, 'every worker gets a /24 of it'),
  serviceCidr: network(12, 27, 'kube-dns is host 10 of it'),
  ipMasq: truth,
  proxyMode: oneOf('iptables', 'nftables'),
  stage: oneOf(...STAGES),
  adminCidrs: cidrs,
  nodePortCidrs: cidrs,
  apiPort: wholeNumber(1024, 65535),
  mtu: wholeNumber(1280, 9001),
  publicPool: network(8, 24, 'each lab gets a /24 of it'),
};

export const CONFIG_KEYS = Object.keys(READERS) as (keyof typeof READERS)[];

/** The article's values, and Kubernetes' range of NodePorts. */
export const DEFAULTS: Record<(typeof CONFIG_KEYS)[number], string> = {
  cloud: 'local',
  controllers: '3',
  workers: '3',
  nodeCidr: '10.240.0.0/24',
  podCidr: '10.200.0.0/16',
  serviceCidr: '10.32.0.0/24',
  ipMasq: 'true',
  proxyMode: 'iptables',
  stage: 'cluster',
  adminCidrs: '["198.18.0.0/15"]',
  nodePortCidrs: '["0.0.0.0/0"]',
  apiPort: '6443',
  mtu: '1500',
  publicPool: '198.18.0.0/15',
};
const NODE_PORTS: [number, number] = [30000, 32767];

/** What else listens on a controller. */
const CONTROLLER_PORTS: Record<number, string> = { 2379: 'etcd', 2380: 'etcd', 10257: 'kube-controller-manager', 10259: 'kube-scheduler' };

/** Networks that must not share an address: packets could not tell where they belong. */
const APART: [keyof LabConfig, keyof LabConfig][] = [
  ['nodeCidr', 'podCidr'],
  ['nodeCidr', 'serviceCidr'],
  ['podCidr', 'serviceCidr'],
  ['publicPool', 'nodeCidr'],
  ['publicPool', 'podCidr'],
  ['publicPool', 'serviceCidr'],
];

function together(config: Partial<LabConfig>): string[] {
  const mistakes: string[] = [];
  for (const [one, other] of APART) {
    const [a, b] = [config[one] as string | undefined, config[other] as string | undefined];
    if (a && b && overlap(a, b)) mistakes.push(`${one} ${a} and ${other} ${b} overlap: choose networks that share no address`);
  }
  const { cloud, publicPool, adminCidrs } = config;
  if (cloud === 'local' && publicPool && adminCidrs && !adminCidrs.some((cidr) => covers(cidr, publicPool))) {
    mistakes.push(`adminCidrs do not cover publicPool ${publicPool}, where this machine's own addresses toward its labs are: it could not log in to make them; add it: adminCidrs=${[...adminCidrs, publicPool].join(',')}`);
  }
  const taken = CONTROLLER_PORTS[config.apiPort ?? 0];
  if (taken) mistakes.push(`apiPort is ${config.apiPort}, where ${taken} listens on the controllers: choose another`);
  if (config.apiPort !== undefined && config.apiPort >= NODE_PORTS[0] && config.apiPort <= NODE_PORTS[1]) {
    mistakes.push(`apiPort is ${config.apiPort}, which is among the NodePorts ${NODE_PORTS.join('-')}: choose another`);
  }
  return mistakes;
}

/**
 * Reads and checks a whole config; keys that are missing take their defaults.
 * Throws one ConfigError with every mistake: unknown keys, wrong types, values out of range, overlapping networks.
 */
export function parseConfig(raw: RawConfig): LabConfig {
  const mistakes = Object.keys(raw)
    .filter((key) => !(CONFIG_KEYS as string[]).includes(key))
    .map((key) => `there is no config key "${key}"${nearest(key, CONFIG_KEYS) || `: there are ${CONFIG_KEYS.join(', ')}`}`);
  const config: Record<string, unknown> = { nodePorts: NODE_PORTS };
  for (const key of CONFIG_KEYS) {
    try {
      config[key] = READERS[key](raw[key] ?? DEFAULTS[key]);
    } catch (error) {
      const { message } = error as Error;
      mistakes.push(/^(is|has) /.test(message) ? `${key} ${message}` : `${key}: ${message}`);
    }
  }
  mistakes.push(...together(config));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as unknown as LabConfig;
}
