import * as fs from 'node:fs';
import { apply, bring, type UpSnapshot } from '../../../../cli/actions/up';
import { listedStack } from '../../../../cli/commands/list';
import type { Engine, UpOptions } from '../../../../cli/engine';
import { unable } from '../../../../cli/errors';
import { parseLab } from '../../../../cli/lab/name';
import { quietProgress } from '../../../../cli/ui/progress';
import { stackFile } from '../../../../cli/engine/project';
import { parseSettings, trySettings, writeSettings } from '../../../../cli/lab/settings';
import { parseConfig } from '../../../../components/config';
import { topology } from '../../../../components/topology';
import { nextSteps } from '../../../../cli/ui/next-steps';
import { ownPlaces } from '../../../support/typed';

/** Resources that an interrupted run created, and those of them that are deleted. */
const mockOrphans = { ids: [] as string[], deleted: [] as string[], remains: [] as object[] };

// The account has nothing of this name, except for orphans.
jest.mock('../../../../cli/account/account', () => ({
  ...jest.requireActual<object>('../../../../cli/account/account'),
  accountOf: () => ({
    remains: async () => mockOrphans.remains,
    orphans: async () =>
      mockOrphans.ids.map((id) => ({
        kind: 'instance',
        id,
        remove: async () => void mockOrphans.deleted.push(id),
      })),
  }),
}));

ownPlaces();

const lab = parseLab('aws-s01');
const said: string[] = [];
const progress = { ...quietProgress, say: (line: string) => void said.push(line) };
const config = (): string => fs.readFileSync(stackFile(lab.stack), 'utf8');
const made = parseConfig({ cloud: 'aws', adminCidrs: '203.0.113.7/32' });
const urn = 'urn:pulumi:aws-s01::hardway-lab::aws:ec2/subnet:Subnet::nodes';

/** The state of a lab that is up. */
const snapshot = {
  resources: [
    { type: 'x', urn, outputs: {} },
    { type: 'hardway:index:LabId', urn: `${urn}-id`, outputs: { value: '0a1b2c3d' } },
  ],
  pending: false,
  outputs: { ...made, config: made, topology: topology(made), nodes: [], lab: 'aws-s01' },
} as unknown as UpSnapshot;

/** An engine with a failing run, after `changes` resources were changed. */
const failing = (changes: number): Engine =>
  ({
    snapshot: async () => snapshot,
    up: async (_name: string, { onEvent }: UpOptions) => {
      const metadata = { op: 'update', urn };
      for (let count = 0; count < changes; count++) {
        onEvent({ resourcePreEvent: { metadata } } as never);
        onEvent({ resOutputsEvent: { metadata } } as never);
      }
      throw unable('InvalidSubnet.Conflict');
    },
  }) as unknown as Engine;

beforeEach(() => {
  said.length = 0;
  Object.assign(mockOrphans, { ids: [], deleted: [], remains: [] });
  writeSettings(lab, parseSettings(['adminCidrs=203.0.113.7/32']));
});

const change = (engine: Engine): Promise<unknown> =>
  bring(
    engine,
    lab,
    {
      settings: parseSettings(['zone=us-west-2b']),
      agreement: { toLoss: async () => undefined },
      look: async () => ({ drifted: false, steps: [] }),
    },
    progress,
  );

test('a change that fails before it changed a resource leaves the lab’s config as it was', async () => {
  const before = config();
  await expect(change(failing(0))).rejects.toThrow('InvalidSubnet.Conflict');
  expect(config()).toBe(before);
  expect(said).toContain('Lab aws-s01: nothing was changed, and its previous config is restored.');
});

test('a change that fails halfway stays in the config, for the next up to go on', async () => {
  await expect(change(failing(1))).rejects.toThrow('InvalidSubnet.Conflict');
  expect(config()).toContain('zone: us-west-2b');
});

test('after an interrupted run the engine starts only when its orphans are deleted', async () => {
  mockOrphans.ids = ['i-1', 'i-2'];
  const engine = {
    ...failing(1),
    snapshot: async () => ({ ...snapshot, pending: true, pendingCreates: [] }),
    up: async () => {
      expect(mockOrphans.deleted).toEqual(['i-1', 'i-2']);
      throw unable('the engine was started');
    },
  } as unknown as Engine;
  await expect(change(engine)).rejects.toThrow('the engine was started');
  expect(said).toContain(
    'instance i-1 was being created when the last run was interrupted: deleting it',
  );
});

test('up of a new lab is refused before it starts the engine if another state has its name', async () => {
  mockOrphans.remains = [{ state: 'ffffffff', kind: 'vpc', id: 'vpc-1', place: 'us-west-2' }];
  const engine = { ...failing(0), snapshot: async () => undefined } as unknown as Engine;
  await expect(change(engine)).rejects.toThrow(/^Another lab named aws-s01 exists .*vpc vpc-1/);
});

test('a refused change is not written to the config', async () => {
  const before = config();
  const refused = bring(
    failing(0),
    lab,
    {
      settings: parseSettings(['zone=us-west-2b']),
      look: async () => ({ drifted: false, steps: [] }),
    },
    progress,
  );
  await expect(refused).rejects.toThrow(/zone us-west-2b instead of any needs a new network/);
  expect(config()).toBe(before);
});

test('a failed change of the expiry leaves the config as it was', async () => {
  const before = config();
  const takeBack = trySettings(lab, parseSettings(['expires=2026-12-01T18:00Z']));
  await expect(
    apply(failing(0), lab, { snapshot, refresh: false, replace: [], takeBack }, progress),
  ).rejects.toThrow();
  expect(config()).toBe(before);
});

describe('after up', () => {
  const files = { sshConfig: '/ssh_config', kubeconfig: '/kubeconfig' } as never;
  const outputs = { nodes: [], kubeconfig: '', expires: '2026-12-01T18:00Z' };

  const [before, after] = [Date.parse('2026-12-01T17:59Z'), Date.parse('2026-12-01T18:01Z')];

  test('a lab that has expired gets the warning that reap removes it', () => {
    expect(nextSteps(lab, { outputs, files } as never, after)).toMatch(
      /expiry, 2026-12-01T18:00Z, is past: the next \.\/lab reap removes it\.\n +\.\/lab extend aws-s01 2h/,
    );
  });

  test('a lab with an expiry gets the hint that nothing removes it automatically', () => {
    expect(nextSteps(lab, { outputs, files } as never, before)).toMatch(
      /expires at 2026-12-01T18:00Z, but nothing removes it automatically, and it costs money[\s\S]*\.\/lab reap[\s\S]*\.\/lab extend aws-s01 2h/,
    );
    expect(nextSteps(lab, { outputs: { ...outputs, expires: '' }, files } as never)).not.toMatch(
      /reap/,
    );
  });
});

describe('./lab list', () => {
  const listed = (name: string, resources: unknown[]): Promise<unknown> =>
    listedStack(
      { snapshot: async () => ({ resources, pending: false }) as never },
      {
        name,
        busy: false,
      },
    );

  test('calls a stack without resources empty', async () => {
    expect(await listed('aws-s01', [])).toMatchObject({ state: 'empty' });
    expect(await listed('aws-s01', [{ type: 'x', urn }])).toMatchObject({ state: 'partial' });
  });

  test('says how to remove a stack that no command takes', async () => {
    const name = `aws-${'x'.repeat(40)}`;
    expect(await listed(name, [])).toMatchObject({
      problem: expect.stringContaining(`pulumi destroy --stack ${name} --remove`),
    });
    expect(await listed('aws-s01', [])).not.toHaveProperty('problem');
  });
});

describe('the questions of `up` on a lab that is up', () => {
  const askedWith = async (setting: string): Promise<string[]> => {
    const asked: string[] = [];
    const settings = parseSettings([setting]);
    const agreement = {
      toLoss: async (loss: string) => void asked.push(loss),
      toPrice: async () => void asked.push('price'),
    };
    const look = async () => ({ drifted: false, steps: [] });
    const run = bring(failing(0), lab, { settings, agreement, look }, progress);
    await expect(run).rejects.toThrow('InvalidSubnet.Conflict');
    return asked;
  };

  test('name the loss before the price', async () => {
    expect(await askedWith('zone=us-west-2b')).toEqual([
      expect.stringContaining('everything in the lab is lost'),
      'price',
    ]);
  });

  test('contain the price of a change that destroys nothing', async () => {
    expect(await askedWith('workers=4')).toEqual(['price']);
  });
});

test('a refused price leaves config and lab as they were', async () => {
  const before = config();
  const agreement = {
    toLoss: async () => undefined,
    toPrice: () => Promise.reject(new Error('too expensive')),
  };
  const settings = parseSettings(['workers=4']);
  const look = async () => ({ drifted: false, steps: [] });
  const refused = bring(failing(1), lab, { settings, agreement, look }, progress);
  await expect(refused).rejects.toThrow('too expensive');
  expect(config()).toBe(before);
  expect(said).toEqual([]);
});
