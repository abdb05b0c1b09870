import { confirmReplace } from '../../../../cli/actions/confirm-replace';
import { rejectDowngrade } from '../../../../cli/actions/reject-downgrade';
import { parseLab } from '../../../../cli/lab/name';
import {
  type CloudName,
  CLOUDS,
  CONFIG_KEYS,
  defaultOf,
  parseConfig,
  type RawConfig,
} from '../../../../components/config';
import { buildCloud, loadCloud } from '../../../../components/cloud';
import { topology } from '../../../../components/topology';
import { localKinds } from '../../../../provider/local';
import { SshKey } from '../../../../provider/resources';
import { bare, keys, type Registered, registrations } from '../../../support/mocks';

type Key = (typeof CONFIG_KEYS)[number];
/** Answer of `./lab up` to another value of a key, on a lab that is up. */
type Answer = 'asks' | 'refuses' | 'changes in place';
/** A value or an answer for each cloud that has one. */
type ByCloud<T> = Partial<Record<CloudName, T>>;

/**
 * Every key but `cloud`, which is in the lab's name: another value, and the answer to it. A key
 * that a cloud does not use is not tried there.
 */
const CHANGES: Record<
  Exclude<Key, 'cloud'>,
  [string | ByCloud<string>, Answer | ByCloud<Answer>]
> = {
  // Another number of controllers comes with it.
  profile: ['small', 'refuses'],
  controllers: ['1', 'refuses'],
  workers: ['4', 'changes in place'],
  nodeCidr: ['10.241.0.0/24', 'asks'],
  // On clouds a pod network is a few routes; on a local lab it is a part of the router.
  podCidr: ['10.201.0.0/16', { local: 'asks', aws: 'changes in place', gcp: 'changes in place' }],
  serviceCidr: ['10.33.0.0/24', 'refuses'],
  ipFamily: ['dual', { local: 'asks' }],
  ipMasq: ['false', 'changes in place'],
  hostPorts: ['true', 'changes in place'],
  loadBalancer: ['true', { local: 'changes in place' }],
  loadBalancers: ['default/nginx:80=31080', 'changes in place'],
  proxyMode: ['nftables', 'changes in place'],
  stage: ['network', 'refuses'],
  adminCidrs: ['198.18.0.0/15,192.0.2.0/24', 'changes in place'],
  nodePortCidrs: ['192.0.2.0/24', 'changes in place'],
  apiPort: ['8443', 'changes in place'],
  mtu: ['1400', { local: 'asks', aws: 'changes in place', gcp: 'asks' }],
  jumpCidrs: ['192.0.2.0/24', 'changes in place'],
  publicPool: ['198.19.0.0/16', 'asks'],
  memoryLimit: ['8Gi', 'changes in place'],
  processLimit: ['8192', 'changes in place'],
  region: ['us-east-1', 'refuses'],
  zone: ['us-west-2b', { aws: 'asks' }],
  project: ['other-project', 'refuses'],
  controllerType: [{ aws: 't3.medium', gcp: 'e2-medium' }, 'asks'],
  workerType: [{ aws: 't3.medium', gcp: 'e2-medium' }, 'asks'],
  mirror: ['https://mirror.example', 'changes in place'],
  student: ['ada', 'changes in place'],
  expires: ['9h', 'changes in place'],
};

const BASE: Record<CloudName, RawConfig> = {
  local: { cloud: 'local' },
  aws: { cloud: 'aws', adminCidrs: '198.51.100.0/24' },
  gcp: { cloud: 'gcp', adminCidrs: '198.51.100.0/24', project: 'my-project' },
};

async function answerTo(made: RawConfig, wanted: RawConfig): Promise<Answer> {
  const lab = parseLab('s01');
  const [was, will] = [parseConfig(made), parseConfig(wanted)];
  const outputs = { topology: topology(was), stage: was.stage, config: was };
  try {
    rejectDowngrade(lab, will, outputs as Parameters<typeof rejectDowngrade>[2]);
  } catch {
    return 'refuses';
  }
  let asked = false;
  await confirmReplace(lab, will, was, async () => void (asked = true));
  return asked ? 'asks' : 'changes in place';
}

/** Every key with every cloud that uses it and takes the value. */
const CASES = (Object.keys(CHANGES) as (keyof typeof CHANGES)[]).flatMap((key) => {
  const [values, answer] = CHANGES[key];
  return CLOUDS.filter((cloud) => defaultOf(key, cloud) !== undefined).flatMap((cloud) => {
    const value = typeof values === 'string' ? values : values[cloud];
    const expected = typeof answer === 'string' ? answer : answer[cloud];
    const isCloudOnly = key === 'profile' && cloud === 'local';
    return expected === undefined || isCloudOnly ? [] : [{ key, value, cloud, expected }];
  });
});

test('every config key but the cloud has an expected answer', () =>
  expect([...Object.keys(CHANGES), 'cloud'].sort()).toEqual([...CONFIG_KEYS].sort()));

test.each(CASES)(
  'another $key of a lab on $cloud: up $expected',
  async ({ key, value, cloud, expected }) =>
    expect(await answerTo(BASE[cloud], { ...BASE[cloud], [key]: value })).toBe(expected),
);

const PLACES = ['HARDWAY_TREE', 'HARDWAY_STORE', 'HARDWAY_IMAGES'];
const PARTS = /^hardway:local:(Network|Instance)$/;

/** Returns network and nodes of a local lab, by name. */
async function partsOf(raw: RawConfig): Promise<Map<string, Registered>> {
  const config = parseConfig(raw);
  const all = await registrations(
    (parent) =>
      buildCloud(loadCloud(config), {
        lab: 'local',
        config,
        topology: topology(config),
        sshKey: new SshKey('ssh-key', { comment: 'ubuntu' }, { parent }),
        tags: { lab: 'local', state: '0a1b2c3d', student: '', expires: config.expires },
        parent,
      }),
    {
      resource: (type, name) => ({
        ...keys(type, name),
        ...(type.endsWith(':Network') ? { publicCidr: '198.18.0.0/24', generation: '1' } : {}),
      }),
    },
  );
  return new Map(all.filter(({ type }) => PARTS.test(type)).map((part) => [part.name, part]));
}

beforeAll(() => {
  for (const name of PLACES) process.env[name] = '/nowhere';
});
afterAll(() => {
  for (const name of PLACES) delete process.env[name];
});

const plain = (inputs: Registered['inputs']): Record<string, unknown> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, bare(value)]));

/** Returns the names of network and nodes that the provider replaces for another config. */
async function replaced(made: RawConfig, wanted: RawConfig): Promise<string[]> {
  const [before, after] = [await partsOf(made), await partsOf(wanted)];
  const names: string[] = [];
  for (const [name, { type, inputs }] of before) {
    const news = after.get(name);
    if (!news) continue;
    const olds = plain(inputs);
    const diff = await localKinds[type].diff!(olds, plain(news.inputs), new Set());
    if ((diff.replace ?? []).length > 0) names.push(name);
  }
  return names;
}

const LOCAL = CASES.filter(({ cloud }) => cloud === 'local');

test.each(LOCAL.filter(({ expected }) => expected === 'changes in place'))(
  'the provider keeps network and nodes of a local lab for another $key',
  async ({ key, value }) =>
    expect(await replaced(BASE.local, { ...BASE.local, [key]: value })).toEqual([]),
);

test.each(LOCAL.filter(({ expected }) => expected === 'asks'))(
  'the provider replaces the network of a local lab for another $key',
  async ({ key, value }) =>
    expect(await replaced(BASE.local, { ...BASE.local, [key]: value })).toContain('vpc'),
);
