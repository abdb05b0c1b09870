import { covers, overlap } from '../../util/cidr';
import {
  AUTO,
  cidrs,
  controllerCount,
  expiry,
  httpsUrl,
  matching,
  memory,
  network,
  oneOf,
  optional,
  type Reader,
  spareNetwork,
  truth,
  wholeNumber,
} from './values';
import { nearest } from '../../util/suggest';
import { tooManyRules } from '../security-group-rules';
import { machineTypeMistakes } from './machine-series';
import { STAGES, type Stage } from './stage';

export { type MachineSeries, seriesOf } from './machine-series';

export const CLOUDS = ['local', 'aws', 'gcp'] as const;
export type Cloud = (typeof CLOUDS)[number];
export type Profile = 'full' | 'small';

/** A lab's config: every key that Pulumi.yaml declares, checked. A text is empty where the cloud has no use for it. */
export interface LabConfig {
  cloud: Cloud;
  profile: Profile;
  controllers: number;
  workers: number;
  nodeCidr: string;
  podCidr: string;
  serviceCidr: string;
  /** Whether the CNI bridge masquerades what pods send out of their own /24. */
  ipMasq: boolean;
  /** Whether pods may have a `hostPort`, by the CNI plugin portmap. Default false, as the article. */
  hostPorts: boolean;
  proxyMode: 'iptables' | 'nftables';
  stage: Stage;
  /** CIDRs; in clouds also `auto`, until own-address.ts has put the caller's own in its place. */
  adminCidrs: string[];
  nodePortCidrs: string[];
  /** Address that stands for `auto`, once own-address.ts has found it; not a config key. */
  ownAddress?: string;
  nodePorts: [number, number];
  apiPort: number;
  /** Bytes; the nodes' interfaces, the CNI bridge and the pods share it. */
  mtu: number;
  /** Local only: CIDRs that may log in to the lab's jump host, from outside this machine; none: there is no jump host. */
  jumpCidrs: string[];
  /** Local only: what public /24s are taken from. */
  publicPool: string;
  /** Local only: bytes that the lab may take of this machine; none: what its machines warrant (local/bounds.ts). */
  memoryLimit?: number;
  /** Local only: processes and threads that it may have; none: the same. */
  processLimit?: number;
  /** AWS only. */
  region: string;
  /** Where in the region; AWS chooses one where none is given. */
  zone: string;
  /** GCP only; empty for that of the environment. */
  project: string;
  /** Machine types, as the cloud calls them. */
  controllerType: string;
  workerType: string;
  /** Clouds only: where the nodes' downloads are taken from, `MIRROR/HOST/PATH`; empty for the official addresses. */
  mirror: string;
  /** Clouds only: whose lab it is, for its tags; empty for the lab's own name. */
  student: string;
  /** When the lab should be gone: a time, or a duration from when it is made; empty: never. */
  expires: string;
}

/** Config as the engine hands it over: every value a string, lists as JSON. An empty string stands for the default. */
export type RawConfig = Record<string, string | undefined>;

/** All mistakes of a config in one Error, a line each. */
export class ConfigError extends Error {
  constructor(readonly mistakes: string[]) {
    super(
      `${mistakes.length === 1 ? 'One mistake' : `${mistakes.length} mistakes`} in the config:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/** Whether a program's message, as an engine hands it on, is a ConfigError's: the config is the user's to mend, anything else may not be. */
export const isConfigMistake = (message: string): boolean =>
  /^(One mistake|\d+ mistakes) in the config:$/m.test(message);

interface Key<T> {
  read: Reader<T>;
  /** The same on every cloud, or by cloud: one that is not named has no use for the key. */
  default: string | Partial<Record<Cloud, string>>;
  /** The default in profile small, where it is another one. */
  small?: string;
}

const machineType = matching(
  /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)?$/,
  'a machine type such as t3.small or e2-medium',
);

/** Every config key. The networks are the article's. */
const KEYS: { [K in Exclude<keyof LabConfig, 'nodePorts' | 'ownAddress'>]: Key<LabConfig[K]> } = {
  cloud: { read: oneOf(...CLOUDS), default: 'local' },
  profile: { read: oneOf('full', 'small'), default: 'full' },
  controllers: { read: controllerCount, default: '3', small: '1' },
  workers: { read: wholeNumber(1, 9), default: '3', small: '2' },
  nodeCidr: {
    read: network(16, 27, 'controllers are hosts 10 to 12 of it and workers 20 to 28'),
    default: '10.240.0.0/24',
  },
  podCidr: { read: network(8, 20, 'every worker gets a /24 of it'), default: '10.200.0.0/16' },
  serviceCidr: { read: network(12, 27, 'kube-dns is host 10 of it'), default: '10.32.0.0/24' },
  ipMasq: { read: truth, default: 'true' },
  hostPorts: { read: truth, default: 'false' },
  proxyMode: { read: oneOf('iptables', 'nftables'), default: 'iptables' },
  stage: { read: oneOf(...STAGES), default: 'cluster' },
  adminCidrs: { read: cidrs, default: { local: '["198.18.0.0/15"]', aws: '', gcp: '' } },
  // Clouds: empty here, and then adminCidrs.
  nodePortCidrs: { read: cidrs, default: { local: '["0.0.0.0/0"]', aws: '', gcp: '' } },
  jumpCidrs: { read: cidrs, default: { local: '' } },
  apiPort: { read: wholeNumber(1024, 65535), default: '6443' },
  mtu: { read: wholeNumber(1280, 9001), default: { local: '1500', aws: '9001', gcp: '1460' } },
  publicPool: {
    read: spareNetwork(8, 24, 'each lab gets a /24 of it'),
    default: { local: '198.18.0.0/15' },
  },
  memoryLimit: { read: optional(memory('128Mi')), default: { local: '' } },
  processLimit: { read: optional(wholeNumber(128, 4194304)), default: { local: '' } },
  region: {
    read: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-west-2'),
    default: { aws: 'us-west-2' },
  },
  zone: {
    read: matching(/^[a-z]{2,}(-[a-z]+)+-?\d+-?[a-z]$/, 'a zone such as us-west-2a or us-west1-c'),
    default: { aws: '', gcp: 'us-west1-c' },
  },
  project: {
    read: matching(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'a project id'),
    default: { gcp: '' },
  },
  controllerType: { read: machineType, default: { aws: 't3.small', gcp: 'e2-small' } },
  workerType: { read: machineType, default: { aws: 't3.small', gcp: 'e2-small' } },
  mirror: { read: httpsUrl, default: { aws: '', gcp: '' } },
  student: {
    read: matching(
      /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/,
      'lower-case letters, digits, - and _ between them, at most 63',
    ),
    default: { aws: '', gcp: '' },
  },
  expires: { read: expiry, default: { local: '', aws: '8h', gcp: '8h' } },
};

export const CONFIG_KEYS = Object.keys(KEYS) as (keyof typeof KEYS)[];
type ConfigKey = (typeof CONFIG_KEYS)[number];

/** What a key is where nothing is said; undefined where the cloud has no use for it. */
export function defaultOf(
  key: ConfigKey,
  cloud: Cloud,
  profile: Profile = 'full',
): string | undefined {
  const { default: usual, small } = KEYS[key];
  if (profile === 'small' && small !== undefined) return small;
  return typeof usual === 'string' ? usual : usual[cloud];
}

/** What Pulumi.yaml declares as a key's default: empty where that depends on cloud or profile. */
export const declaredDefault = (key: ConfigKey): string => {
  const { default: usual, small } = KEYS[key];
  return typeof usual === 'string' && small === undefined ? usual : '';
};

const NODE_PORTS: [number, number] = [30000, 32767];

/** What else listens on a controller. */
const CONTROLLER_PORTS: Record<number, string> = {
  2379: 'etcd',
  2380: 'etcd',
  10257: 'kube-controller-manager',
  10259: 'kube-scheduler',
};

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
    if (a && b && overlap(a, b))
      mistakes.push(`${one} ${a} and ${other} ${b} overlap: choose networks that share no address`);
  }
  if (config.cloud !== undefined)
    mistakes.push(...(config.cloud === 'local' ? onThisMachine(config) : inACloud(config)));
  const taken = CONTROLLER_PORTS[config.apiPort ?? 0];
  if (taken)
    mistakes.push(
      `apiPort is ${config.apiPort}, where ${taken} listens on the controllers: choose another`,
    );
  if (
    config.apiPort !== undefined &&
    config.apiPort >= NODE_PORTS[0] &&
    config.apiPort <= NODE_PORTS[1]
  ) {
    mistakes.push(
      `apiPort is ${config.apiPort}, which is among the NodePorts ${NODE_PORTS.join('-')}: choose another`,
    );
  }
  return mistakes;
}

function onThisMachine({
  profile,
  publicPool,
  adminCidrs,
  nodePortCidrs,
  jumpCidrs,
}: Partial<LabConfig>): string[] {
  const auto = [...(adminCidrs ?? []), ...(nodePortCidrs ?? [])].includes(AUTO);
  return [
    ...(profile === 'small'
      ? ['profile is small, which is for clouds: here set controllers and workers']
      : []),
    ...(auto
      ? [
          'adminCidrs and nodePortCidrs can be auto only in a cloud: a local lab is reached from publicPool',
        ]
      : []),
    ...(jumpCidrs?.includes(AUTO)
      ? ["jumpCidrs can't be auto: it stands for where your students are, so name their CIDRs"]
      : []),
    ...(publicPool && adminCidrs && !auto && !adminCidrs.some((cidr) => covers(cidr, publicPool))
      ? [
          `adminCidrs do not cover publicPool ${publicPool}, where this machine's own addresses toward its labs are: it could not log in to make them; add it: adminCidrs=${[...adminCidrs, publicPool].join(',')}`,
        ]
      : []),
  ];
}

function inACloud({
  cloud,
  profile,
  controllers,
  adminCidrs,
  region,
  zone,
  controllerType,
  workerType,
}: Partial<LabConfig>): string[] {
  return [
    ...(cloud === 'gcp' && controllerType
      ? machineTypeMistakes('controllerType', controllerType)
      : []),
    ...(cloud === 'gcp' && workerType ? machineTypeMistakes('workerType', workerType) : []),
    ...(adminCidrs?.length === 0
      ? [
          'adminCidrs must be set: the CIDRs that you log in from, or auto for the address that you have now',
        ]
      : []),
    ...(profile === 'small' && controllers !== undefined && controllers !== 1
      ? [`controllers is ${controllers}, but profile small has one: its address is the API's`]
      : []),
    ...(region && zone && !zone.startsWith(region)
      ? [`zone ${zone} is not in region ${region}`]
      : []),
  ];
}

/**
 * Reads and checks a whole config; keys that are missing or empty take their defaults.
 * Throws one ConfigError with every mistake: unknown keys, keys of another cloud, values out of range, overlapping networks.
 */
export function parseConfig(raw: RawConfig): LabConfig {
  const mistakes = Object.keys(raw)
    .filter((key) => !(CONFIG_KEYS as string[]).includes(key))
    .map(
      (key) =>
        `there is no config key "${key}"${nearest(key, CONFIG_KEYS) || `: there are ${CONFIG_KEYS.join(', ')}`}`,
    );
  const config: Partial<LabConfig> = { nodePorts: NODE_PORTS };
  for (const key of CONFIG_KEYS) {
    const usual = defaultOf(key, config.cloud ?? 'local', config.profile);
    if (usual === undefined && raw[key] && config.cloud)
      mistakes.push(
        `${key} is "${raw[key]}", but cloud ${config.cloud} has no use for it: remove it`,
      );
    try {
      Object.assign(config, {
        [key]: KEYS[key].read(usual === undefined ? '' : raw[key] || usual),
      });
    } catch (error) {
      const { message } = error as Error;
      mistakes.push(/^(is|has) /.test(message) ? `${key} ${message}` : `${key}: ${message}`);
    }
  }
  // In a cloud, services are as public as the API unless the config says otherwise.
  if (config.cloud !== 'local' && !raw.nodePortCidrs && config.adminCidrs)
    config.nodePortCidrs = config.adminCidrs;
  mistakes.push(...together(config));
  if (mistakes.length === 0 && config.cloud === 'aws')
    mistakes.push(...tooManyRules(config as LabConfig));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as LabConfig;
}
