import { covers, overlap, parseCidr } from '../../util/cidr';
import { itemsIf } from '../../util/optional';
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
import { tooManyBalancerRules, tooManyRules } from '../security-group-rules';
import { NODE_PORTS, readBalancedServices } from '../balanced-services';
import { cloudNameMistakes } from './cloud-names';
import { STAGES } from './stage';
import { type CloudName, CLOUDS, type LabArgs, type Profile } from './args';

export { type MachineSeries, seriesOf } from './machine-series';
export { reaches, type Stage, STAGES } from './stage';
export { AUTO, expiry, isDuration } from './values';

export { type CloudName, CLOUDS, type LabArgs, type Profile } from './args';

/**
 * Validated config of a lab: every argument, with its default. A string or list is empty if the
 * cloud ignores its key.
 */
export interface LabConfig extends Omit<Required<LabArgs>, 'memoryLimit' | 'processLimit'> {
  /** Address that replaced `auto`, for example `198.51.100.4`. Not a config key. */
  ownAddress?: string;
  /** First and last NodePort: 30000 and 32767. Not a config key. */
  nodePorts: [number, number];
  /** Local only: bytes of memory for the whole lab. Default: 1 GiB for each node. */
  memoryLimit?: number;
  /** Local only: processes and threads of the whole lab. Default: 512 for each node. */
  processLimit?: number;
}

/** Config as the engine passes it: every value is a string, lists are JSON. Empty: the default. */
export type RawConfig = Record<string, string | undefined>;

/** All mistakes of a config, one line each. */
export class ConfigError extends Error {
  constructor(readonly mistakes: string[]) {
    let count = `${mistakes.length} mistakes`;
    if (mistakes.length === 1) count = 'One mistake';
    super(`${count} in the config:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Returns whether a message of the engine is a ConfigError's, which the user can repair. */
export const isConfigMistake = (message: string): boolean =>
  /^(One mistake|\d+ mistakes) in the config:$/m.test(message);

interface Key<T> {
  read: Reader<T>;
  /** Default for every cloud, or by cloud. A cloud that is not named ignores the key. */
  default: string | Partial<Record<CloudName, string>>;
  /** Default in profile small; unset: `default`. */
  small?: string;
}

const machineType = matching(
  /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)?$/,
  'a machine type such as t3.small or e2-medium',
);

/** All config keys. The default networks are those of the article. */
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
  ipFamily: { read: oneOf('ipv4', 'dual'), default: 'ipv4' },
  ipMasq: { read: truth, default: 'true' },
  hostPorts: { read: truth, default: 'false' },
  loadBalancer: { read: truth, default: 'false' },
  loadBalancers: { read: readBalancedServices, default: { aws: '', gcp: '' } },
  proxyMode: { read: oneOf('iptables', 'nftables'), default: 'iptables' },
  stage: { read: oneOf(...STAGES), default: 'cluster' },
  adminCidrs: { read: cidrs, default: { local: '["198.18.0.0/15"]', aws: '', gcp: '' } },
  // On clouds the default is adminCidrs: parseConfig sets it.
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

/** Returns the default of a key; `undefined` if the cloud ignores the key. */
export function defaultOf(
  key: ConfigKey,
  cloud: CloudName,
  profile: Profile = 'full',
): string | undefined {
  const { default: usual, small } = KEYS[key];
  if (profile === 'small' && small !== undefined) return small;
  if (typeof usual === 'string') return usual;
  return usual[cloud];
}

/** Returns the default in Pulumi.yaml: empty if the default depends on cloud or profile. */
export const declaredDefault = (key: ConfigKey): string => {
  const { default: usual, small } = KEYS[key];
  if (typeof usual === 'string' && small === undefined) return usual;
  return '';
};

/** Other programs that listen on a controller, by port. */
const CONTROLLER_PORTS: Record<number, string> = {
  2379: 'etcd',
  2380: 'etcd',
  10257: 'kube-controller-manager',
  10259: 'kube-scheduler',
};

/** Pairs of networks that must not share an address: routes to a shared address are ambiguous. */
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
  if (config.cloud === 'local') mistakes.push(...onThisMachine(config));
  else if (config.cloud) mistakes.push(...inACloud(config.cloud, config));
  if (config.loadBalancer && config.stage === 'none')
    mistakes.push(
      'loadBalancer is true, but stage none has no cluster: set stage to network or cluster',
    );
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
    ...itemsIf(
      profile === 'small',
      'profile is small, which is for clouds: set controllers and workers instead',
    ),
    ...itemsIf(
      auto,
      'adminCidrs and nodePortCidrs can be auto only in a cloud: remove auto, or name CIDRs',
    ),
    ...itemsIf(
      jumpCidrs?.includes(AUTO),
      "jumpCidrs cannot be auto: name the CIDRs of your students' computers",
    ),
    ...itemsIf(
      publicPool && adminCidrs && !auto && !adminCidrs.some((cidr) => covers(cidr, publicPool)),
      `adminCidrs do not cover publicPool ${publicPool}, from which the host logs in to nodes: set adminCidrs=${[...(adminCidrs ?? []), publicPool].join(',')}`,
    ),
  ];
}

/** Narrowest node network with free addresses for the balancers of services on AWS. */
const BALANCERS_PREFIX = 26;

/** Returns the mistakes of labs that cannot have the balancers of `loadBalancers`. */
function balancerMistakes({
  cloud,
  stage,
  profile,
  nodeCidr,
  loadBalancers = [],
}: Partial<LabConfig>): string[] {
  if (loadBalancers.length === 0) return [];
  return [
    ...itemsIf(
      profile === 'small',
      'loadBalancers needs profile full: profile small has no balancer, so use NodePorts',
    ),
    ...itemsIf(
      stage === 'none',
      'loadBalancers has services, but stage none has no cluster: set stage to network or cluster',
    ),
    // A balancer needs eight free addresses in its subnet, and takes one.
    ...itemsIf(
      cloud === 'aws' && nodeCidr && parseCidr(nodeCidr).prefix > BALANCERS_PREFIX,
      `loadBalancers needs addresses for balancers: set nodeCidr to a /${BALANCERS_PREFIX} or wider`,
    ),
  ];
}

function inACloud(cloud: Exclude<CloudName, 'local'>, config: Partial<LabConfig>): string[] {
  const { stage, nodeCidr, loadBalancer, loadBalancers } = config;
  const { profile, controllers, adminCidrs } = config;
  return [
    ...cloudNameMistakes(cloud, config),
    ...itemsIf(
      loadBalancer,
      `loadBalancer is true, which is for local labs: on ${cloud} name services in loadBalancers, such as default/nginx:80=31080`,
    ),
    ...balancerMistakes({ cloud, stage, profile, nodeCidr, loadBalancers }),
    ...itemsIf(
      adminCidrs?.length === 0,
      'adminCidrs must be set: the CIDRs that you log in from, or auto for your current address',
    ),
    ...itemsIf(
      profile === 'small' && controllers !== undefined && controllers !== 1,
      `controllers is ${controllers}, but profile small has one: set controllers to 1, or profile to full`,
    ),
  ];
}

/** Returns the text of a key to read; '' if the cloud has no use for the key. */
function valueOf(given: string | undefined, usual: string | undefined): string {
  if (usual === undefined) return '';
  return given || usual;
}

/** Puts the key before a mistake: `zone is "x", not …`, or `zone: …` before a sentence. */
function aboutKey(key: string, mistake: string): string {
  if (/^(is|has|names|gives) /.test(mistake)) return `${key} ${mistake}`;
  return `${key}: ${mistake}`;
}

/**
 * Reads and validates a whole config. A missing or empty key gets its default. Throws one ConfigError
 * with all mistakes: unknown keys, keys of another cloud, values out of range, overlapping networks.
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
      Object.assign(config, { [key]: KEYS[key].read(valueOf(raw[key], usual)) });
    } catch (error) {
      mistakes.push(aboutKey(key, (error as Error).message));
    }
  }
  // On a cloud, services are by default as public as the API.
  if (config.cloud !== 'local' && !raw.nodePortCidrs && config.adminCidrs)
    config.nodePortCidrs = config.adminCidrs;
  mistakes.push(...together(config));
  if (mistakes.length === 0 && config.cloud === 'aws')
    mistakes.push(
      ...tooManyRules(config as LabConfig),
      ...tooManyBalancerRules(config as LabConfig),
    );
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config as LabConfig;
}

/** Returns whether a value says nothing: unset, an empty text or an empty list. */
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** Formats a value as the engine passes it: a text as it is, any other value as JSON. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/**
 * Validates arguments and adds defaults. Accepts a complete LabConfig too, and returns an equal one.
 * Throws a ConfigError with all mistakes.
 */
export function configOf(args: LabArgs | LabConfig): LabConfig {
  const { ownAddress, nodePorts: _, ...given } = args as LabConfig;
  const used = Object.entries(given).filter(
    ([key, value]) =>
      value !== undefined &&
      !(isEmpty(value) && KEYS[key as ConfigKey] && !isUsed(key as ConfigKey, given.cloud)),
  );
  const config = parseConfig(Object.fromEntries(used.map(([key, value]) => [key, asText(value)])));
  if (ownAddress === undefined) return config;
  return { ...config, ownAddress };
}

const isUsed = (key: ConfigKey, cloud: CloudName = 'local'): boolean =>
  defaultOf(key, cloud) !== undefined;
