import * as pulumi from '@pulumi/pulumi';
import { type LabConfig, parseConfig, type RawConfig } from '../../components/config';
import { Lab } from '../../components/lab';
import { topology, type Topology } from '../../components/topology';
import { Graph } from './graph';
import { type Answers, keys, registrations } from './mocks';

/** IPv6 network that Google gives to a subnet: any /64 of its fd20::/20. */
export const GOOGLE6 = 'fd20:abc:def:1::/64';

/** Returns the address that Google chooses for a dual-stack interface: the first of a /96. */
const address6Of = ({ stackType, networkIp }: Record<string, string>): { ipv6Address?: string } =>
  stackType === 'IPV4_IPV6' ? { ipv6Address: `fd20:abc:def:1:0:${networkIp.split('.')[3]}::` } : {};

/** Returns the outputs of Google Cloud that the program reads. */
function outputsOf(
  kind: string,
  name: string,
  inputs: Record<string, any>,
): Record<string, unknown> {
  switch (kind) {
    case 'Network':
      return { id: `projects/p/${inputs.name}` };
    case 'Subnetwork':
      return {
        id: `projects/p/${inputs.name}`,
        ...(inputs.stackType === 'IPV4_IPV6' ? { internalIpv6Prefix: GOOGLE6 } : {}),
      };
    case 'Instance': {
      const [interface_] = inputs.networkInterfaces;
      const accessConfigs = interface_.accessConfigs.map(({ natIp }: { natIp?: string }) => ({
        natIp: natIp ?? `203.0.113.${interface_.networkIp.split('.')[3]}`,
      }));
      return {
        instanceId: `number of ${name}`,
        selfLink: `https://compute/${inputs.zone}/${inputs.name}`,
        networkInterfaces: [{ ...interface_, ...address6Of(interface_), accessConfigs }],
      };
    }
    case 'Address':
      return { address: '203.0.113.100' };
    case 'InstanceGroup':
    case 'RegionHealthCheck':
    case 'RegionBackendService':
      return { selfLink: `https://compute/${kind}/${inputs.name}` };
    case 'Deadline':
      return { time: '2026-12-01T18:00Z' };
    case 'LabId':
      return { value: '0a1b2c3d' };
    default:
      return {};
  }
}

const answers: Answers = {
  resource: (type, name, inputs) => ({
    ...outputsOf(type.split(':').pop()!, name, inputs),
    ...keys(type, name),
  }),
  call: (token, { family }) => {
    if (token !== 'gcp:compute/getImage:getImage') throw new Error(`unexpected call of ${token}`);
    return { selfLink: `https://compute/${family}-v1` };
  },
};

/** Config with the required keys only. */
export const LEAST: RawConfig = {
  cloud: 'gcp',
  project: 'my-project',
  adminCidrs: '["198.51.100.7/32"]',
};

export interface GcpGraph {
  config: LabConfig;
  plan: Topology;
  graph: Graph;
  outputs: Record<string, any>;
  /** Names of the outputs that are secret. */
  secrets: string[];
}

/** Returns the registered resources of a whole lab on Google Cloud. */
export async function gcpLab(raw: RawConfig = {}, name = 'gcp-s01'): Promise<GcpGraph> {
  const config = parseConfig({ ...LEAST, ...raw });
  // The program requires a token, and sends no request.
  process.env.GOOGLE_OAUTH_ACCESS_TOKEN = 'of the tests';
  let made: Lab['outputs'] | undefined;
  const all = await registrations(
    (parent) => (made = new Lab(name, config, { parent }).outputs),
    answers,
  );
  const outputs = await value<Record<string, unknown>>(pulumi.output(made!));
  const secret = await Promise.all(
    Object.values<pulumi.Output<unknown>>(made!).map((each) => pulumi.isSecret(each)),
  );
  return {
    config,
    plan: topology(config),
    graph: new Graph(all),
    outputs,
    secrets: Object.keys(made!)
      .filter((_, index) => secret[index])
      .sort(),
  };
}

const value = <T>(output: pulumi.Output<unknown>): Promise<T> =>
  new Promise((resolve) => void output.apply((known) => resolve(known as T)));
