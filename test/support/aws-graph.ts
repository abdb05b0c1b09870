import type * as pulumi from '@pulumi/pulumi';
import { buildCloud } from '../../components/cloud';
import { loadCloud } from '../../components/load-cloud';
import { type LabConfig, parseConfig, type RawConfig } from '../../components/config';
import { Lab } from '../../components/lab';
import { topology, type Topology } from '../../components/topology';
import { SshKey } from '../../provider/resources';
import { Graph } from './graph';
import { type Answers, keys, type Registered, registrations } from './mocks';

export const valid: RawConfig = { cloud: 'aws', adminCidrs: '198.51.100.0/24' };

/** Returns the image of a look-up. Throws unless it asks for the newest one of Canonical. */
function imageOf({ owners, mostRecent, filters }: Record<string, any>): string {
  const by = Object.fromEntries(
    filters.map((filter: { name: string; values: string[] }) => [
      filter.name,
      filter.values.join(),
    ]),
  );
  if (
    !mostRecent ||
    owners.join() !== '099720109477' ||
    !/^ubuntu\/images\/.*-noble-24\.04-/.test(by.name)
  )
    throw new Error('not an image of Canonical');
  return `ami-for-${by.architecture}`;
}

/** Returns the zones that offer the types. Zone a lacks t3.small, zone b has every type. */
function offeringsOf({ locationType, filters }: Record<string, any>): Record<string, string[]> {
  if (locationType !== 'availability-zone' || filters[0].name !== 'instance-type')
    throw new Error('not a look-up of zones by machine type');
  const offered = ['us-west-2c', 'us-west-2-lax-1a', 'us-west-2b', 'us-west-2a'].flatMap((zone) =>
    (filters[0].values as string[])
      .filter((type) => zone !== 'us-west-2a' || type !== 't3.small')
      .map((type) => ({ type, zone })),
  );
  return {
    instanceTypes: offered.map(({ type }) => type),
    locations: offered.map(({ zone }) => zone),
  };
}

/** IPv6 network that Amazon gives to a VPC: any /56. */
export const AMAZON6 = '2600:1f14:abc:de00::/56';

/** Answers of AWS to the program's calls. */
export const answers: Answers = {
  resource: (type, name, inputs) => ({
    ...keys(type, name),
    ...(inputs.assignGeneratedIpv6CidrBlock ? { ipv6CidrBlock: AMAZON6 } : {}),
    ...(type === 'aws:ec2/instance:Instance'
      ? { id: `i-${name}`, primaryNetworkInterfaceId: `eni-${name}`, publicIp: `public of ${name}` }
      : {}),
    ...(type === 'aws:ec2/eip:Eip'
      ? { publicIp: '203.0.113.100', allocationId: 'eipalloc-api' }
      : {}),
    ...(type === 'aws:ec2/keyPair:KeyPair' ? { keyName: `key pair ${name}` } : {}),
    ...(type.startsWith('aws:lb/') ? { arn: `arn of ${type.split(':').pop()}` } : {}),
    ...(type === 'hardway:index:LabId' ? { value: '0a1b2c3d' } : {}),
    ...(type === 'hardway:time:Deadline' ? { time: '2026-12-01T18:00Z' } : {}),
    ...(type === 'aws:ec2/subnet:Subnet' ? { availabilityZone: 'us-west-2b' } : {}),
  }),
  call: (token, inputs): Record<string, unknown> => {
    if (token === 'aws:ec2/getAmi:getAmi') return { id: imageOf(inputs) };
    if (token === 'aws:ec2/getInstanceType:getInstanceType')
      return { supportedArchitectures: [inputs.instanceType.includes('t4g') ? 'arm64' : 'x86_64'] };
    if (token === 'aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings')
      return offeringsOf(inputs);
    throw new Error(`unexpected call of ${token}`);
  },
};

/** Registered resources, with their config and topology. */
export class Made extends Graph {
  constructor(
    readonly config: LabConfig,
    readonly plan: Topology,
    all: Registered[],
  ) {
    super(all);
  }
}

/** Runs `work` with invented credentials, and restores the environment afterwards. */
async function withCredentials<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.AWS_PROFILE;
  process.env.AWS_PROFILE = 'test';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.AWS_PROFILE;
    else process.env.AWS_PROFILE = before;
  }
}

async function graphOf(
  raw: RawConfig,
  program: (config: LabConfig, plan: Topology, parent: pulumi.Resource) => unknown,
): Promise<Made> {
  const config = parseConfig({ ...valid, ...raw });
  const plan = topology(config);
  return new Made(
    config,
    plan,
    await withCredentials(() => registrations((parent) => program(config, plan, parent), answers)),
  );
}

/** Returns the resources on AWS for a config. */
export const graphOn = (raw: RawConfig = {}): Promise<Made> =>
  graphOf(raw, (config, plan, parent) => {
    const tags = {
      lab: 'aws-s01',
      state: '0a1b2c3d',
      student: 'ada',
      expires: '2026-12-01T18:00Z',
    };
    return buildCloud(loadCloud(config), {
      lab: 'aws-s01',
      config,
      topology: plan,
      sshKey: new SshKey('ssh-key', { comment: 'ubuntu' }, { parent }),
      tags,
      parent,
    });
  });

/** Returns the resources of a whole lab, and its outputs. */
export async function labOn(raw: RawConfig = {}): Promise<{ made: Made; outputs: Lab['outputs'] }> {
  let lab: Lab | undefined;
  const made = await graphOf(
    raw,
    (config, _, parent) => (lab = new Lab('aws-s01', config, { parent })),
  );
  return { made, outputs: lab!.outputs };
}
