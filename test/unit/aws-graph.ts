import type * as pulumi from '@pulumi/pulumi';
import { loadCloud } from '../../components/cloud';
import { type LabConfig, parseConfig, type RawConfig } from '../../components/config';
import { Lab } from '../../components/lab';
import { topology, type Topology } from '../../components/topology';
import { SshKey } from '../../provider/resources';
import { type Answers, keys, type Registered, registrations } from '../support/mocks';

export const valid: RawConfig = { cloud: 'aws', adminCidrs: '198.51.100.0/24' };

/** The image that a look-up finds: none but Canonical's own, the newest, by name and architecture. */
function imageOf({ owners, mostRecent, filters }: Record<string, any>): string {
  const by = Object.fromEntries(filters.map((filter: { name: string; values: string[] }) => [filter.name, filter.values.join()]));
  if (!mostRecent || owners.join() !== '099720109477' || !/^ubuntu\/images\/.*-noble-24\.04-/.test(by.name)) throw new Error('somebody else’s image');
  return `ami-for-${by.architecture}`;
}

/** AWS, as far as the program asks it. */
export const answers: Answers = {
  resource: (type, name) => ({
    ...keys(type, name),
    ...(type === 'aws:ec2/instance:Instance' ? { id: `i-${name}`, primaryNetworkInterfaceId: `eni-${name}`, publicIp: `public of ${name}` } : {}),
    ...(type === 'aws:ec2/eip:Eip' ? { publicIp: '203.0.113.100', allocationId: 'eipalloc-api' } : {}),
    ...(type === 'aws:ec2/keyPair:KeyPair' ? { keyName: `key pair ${name}` } : {}),
    ...(type.startsWith('aws:lb/') ? { arn: `arn of ${type.split(':').pop()}` } : {}),
    ...(type === 'aws:ec2/subnet:Subnet' ? { availabilityZone: 'us-west-2b' } : {}),
  }),
  call: (token, inputs): Record<string, unknown> => {
    if (token === 'aws:ec2/getAmi:getAmi') return { id: imageOf(inputs) };
    if (token === 'aws:ec2/getInstanceType:getInstanceType') return { supportedArchitectures: [inputs.instanceType.includes('t4g') ? 'arm64' : 'x86_64'] };
    throw new Error(`nobody should call ${token}`);
  },
};

export interface Graph {
  config: LabConfig;
  plan: Topology;
  all: Registered[];
  /** The one with that name; of a type, by the end of its token. */
  of(type: string, name: string): Registered;
  every(type: string): Registered[];
}

/** With something that looks like credentials; what was there before is put back. */
async function asSomebody<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.AWS_PROFILE;
  process.env.AWS_PROFILE = 'test';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.AWS_PROFILE;
    else process.env.AWS_PROFILE = before;
  }
}

async function graphOf(raw: RawConfig, program: (config: LabConfig, plan: Topology, parent: pulumi.Resource) => unknown): Promise<Graph> {
  const config = parseConfig({ ...valid, ...raw });
  const plan = topology(config);
  const all = await asSomebody(() => registrations((parent) => program(config, plan, parent), answers));
  const every = (type: string): Registered[] => all.filter((resource) => resource.type.endsWith(`:${type}`));
  const of = (type: string, name: string): Registered => {
    const found = every(type).filter((resource) => resource.name === name);
    if (found.length !== 1) throw new Error(`there are ${found.length} ${type} called ${name}, among ${every(type).map((each) => each.name).join(', ')}`);
    return found[0];
  };
  return { config, plan, all, of, every };
}

/** The resources that AWS makes of a config. */
export const graph = (raw: RawConfig = {}): Promise<Graph> =>
  graphOf(raw, (config, plan, parent) => {
    const tags = { lab: 'aws-s01', student: 'ada', expires: '2026-12-01T18:00Z' };
    return loadCloud('aws')({ lab: 'aws-s01', config, topology: plan, sshKey: new SshKey('ssh-key', { comment: 'ubuntu' }, { parent }), tags, parent });
  });

/** The resources of a whole lab, and its outputs. */
export async function labGraph(raw: RawConfig = {}): Promise<Graph & { outputs: Lab['outputs'] }> {
  let lab: Lab | undefined;
  const made = await graphOf(raw, (config, _, parent) => (lab = new Lab('aws-s01', config, { parent })));
  return { ...made, outputs: lab!.outputs };
}
