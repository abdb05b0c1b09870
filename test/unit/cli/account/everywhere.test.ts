import * as fs from 'node:fs';
import type { Account, CloudResource } from '../../../../cli/account/account';
import { accountConfigs, audit } from '../../../../cli/classroom/down';
import { readRoster, type Student } from '../../../../cli/classroom/roster';
import { EXIT } from '../../../../cli/errors';
import { stackFile } from '../../../../cli/engine/project';
import { readSnapshot, type Snapshot } from '../../../../cli/engine/snapshot';
import { writeSettings } from '../../../../cli/lab/settings';
import { inPlaces, ownPlaces, typed } from '../../../support/typed';

/** Stacks of the backend, each with the place in its state, and the places' answers. */
const mockWorld = {
  stacks: {} as Record<string, object>,
  remains: {} as Record<string, CloudResource[]>,
  /** Places that refuse every question. */
  silent: [] as string[],
  regions: [] as string[],
  asked: [] as string[],
};

jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  found: async () => ({}),
  foundTools: async () => ({}),
  installed: async () => ({}),
}));
jest.mock('../../../../cli/engine/engine', () => ({
  Engine: {
    open: async () => ({
      stacks: async () => Object.keys(mockWorld.stacks).map((name) => ({ name, busy: false })),
      snapshot: async (name: string): Promise<Snapshot> =>
        readSnapshot({
          resources: name in mockWorld.stacks ? [{ urn: 'urn', ...mockWorld.stacks[name] }] : [],
        }),
    }),
  },
}));
jest.mock('../../../../cli/account/account', () => ({
  ...jest.requireActual<object>('../../../../cli/account/account'),
  accountOf: ({ cloud, region, zone, project }: Record<string, string>) => {
    const place = cloud === 'aws' ? region : project;
    return {
      who: async () => `user in ${place}`,
      remains: async (lab?: string) => {
        mockWorld.asked.push(`${place} ${zone}${lab ? ` for ${lab}` : ''}`);
        if (mockWorld.silent.includes(place)) {
          const { CloudError } = jest.requireActual<typeof import('../../../../components/cloud')>(
            '../../../../components/cloud',
          );
          throw new CloudError('access denied');
        }
        return mockWorld.remains[place] ?? [];
      },
      regions: async () => mockWorld.regions,
    } as unknown as Account;
  },
}));

ownPlaces();
beforeEach(() =>
  Object.assign(mockWorld, { stacks: {}, remains: {}, silent: [], regions: [], asked: [] }),
);

const vpc = (lab: string, place: string): CloudResource => ({
  lab,
  state: '0a1b2c3d',
  student: '',
  expires: '2020-01-01T00:00Z',
  kind: 'vpc',
  id: 'vpc-1',
  stateIds: ['vpc-1'],
  place,
  hourly: 0.5,
});
const aws = (region: string) => ({ type: 'pulumi:providers:aws', outputs: { region } });
const gcp = (project: string, zone: string) => ({
  type: 'pulumi:providers:gcp',
  outputs: { project, zone },
});

describe('reap --cloud', () => {
  test('names the region that could not be asked, and exits with 3', async () => {
    mockWorld.regions = ['us-west-2', 'eu-central-1'];
    mockWorld.silent = ['eu-central-1'];
    const { code, printed } = await typed('reap --cloud aws --yes');
    expect(printed).toBe('No lab has expired.\neu-central-1 could not be asked: access denied');
    expect(code).toBe(EXIT.machine);
  });

  test('names the project that could not be asked, and exits with 3', async () => {
    mockWorld.stacks = { 'gcp-s01': gcp('one', 'a'), 'gcp-s02': gcp('two', 'b') };
    mockWorld.silent = ['two'];
    const { code, printed } = await typed('reap --cloud gcp --yes');
    expect(printed).toContain('two could not be asked: access denied');
    expect(printed).not.toContain('one could not be asked');
    expect(code).toBe(EXIT.machine);
  });

  test('exits with 1 if an expired lab still exists, even if a region could not be asked', async () => {
    mockWorld.regions = ['us-west-2', 'eu-central-1'];
    mockWorld.silent = ['eu-central-1'];
    mockWorld.remains = { 'us-west-2': [vpc('aws-s09', 'us-west-2')] };
    const { code, printed } = await typed('reap --cloud aws --yes');
    expect(printed).toMatch(/aws-s09 still exists: it exists in the cloud, but in no state here/);
    expect(printed).toContain('eu-central-1 could not be asked: access denied');
    expect(code).toBe(EXIT.failed);
  });

  test('exits with 0 if every region answered', async () => {
    mockWorld.regions = ['us-west-2', 'eu-central-1'];
    const { code, printed } = await typed('reap --cloud aws --yes');
    expect([code, printed]).toEqual([EXIT.well, 'No lab has expired.']);
    expect(mockWorld.asked).toHaveLength(2);
  });
});

test('audit --cloud exits with 3 if it found nothing and a region could not be asked', async () => {
  mockWorld.regions = ['us-west-2', 'eu-central-1'];
  mockWorld.silent = ['eu-central-1'];
  const { code, printed } = await typed('audit --cloud aws');
  expect(printed).toContain('eu-central-1 could not be asked: access denied');
  expect(code).toBe(EXIT.machine);
});

describe('audit of one lab', () => {
  beforeEach(() => {
    mockWorld.stacks = { 'aws-s01': aws('eu-central-1'), 'gcp-s01': gcp('course', 'a') };
    mockWorld.remains = { 'eu-central-1': [vpc('aws-s01', 'eu-central-1')] };
  });

  test('asks the region in the lab’s state, although the lab has no config file', async () => {
    expect(fs.existsSync(stackFile('aws-s01'))).toBe(false);
    const { code, printed } = await typed('audit aws-s01');
    expect(mockWorld.asked).toEqual([expect.stringMatching(/^eu-central-1 .*for aws-s01$/)]);
    expect(printed).toContain('1 resource in 1 lab at AWS (user in eu-central-1)');
    expect(code).toBe(EXIT.failed);
  });

  test('asks the project in the lab’s state, although its config file names another', async () => {
    writeSettings(
      { stack: 'gcp-s01', cloud: 'gcp' },
      new Map([['hardway-lab:project', 'of-the-config']]),
    );
    const { code } = await typed('audit gcp-s01');
    expect(mockWorld.asked).toEqual(['course a for gcp-s01']);
    expect(code).toBe(EXIT.well);
  });

  test('says that only the default region was searched if no state and no config has the lab', async () => {
    const { printed } = await typed('audit aws-s02');
    expect(printed).toBe(
      'No resources of lab aws-s02 exist at AWS (user in us-west-2).\n' +
        'No state or config of lab aws-s02 names its account, so only the default one was searched.\n' +
        'All accounts of labs here: ./lab audit --cloud aws',
    );
    expect((await typed('audit aws-s01')).printed).not.toContain('the default one');
  });
});

describe('the audit after class down', () => {
  const roster = (): Student[] => {
    fs.writeFileSync(
      inPlaces('students.yaml'),
      'defaults:\n  cloud: aws\nstudents:\n  - id: s01\n  - id: s02\n  - id: s03\n    cloud: gcp\n',
    );
    return readRoster(inPlaces('students.yaml')).students;
  };
  const audited = async (): Promise<{ clean: boolean; printed: string }> => {
    const students = roster();
    const configs = await accountConfigs(students);
    // `class down` empties the states before the audit.
    mockWorld.stacks = {};
    let printed = '';
    const spy = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    try {
      return { clean: await audit(students, configs), printed };
    } finally {
      spy.mockRestore();
    }
  };
  beforeEach(() => {
    mockWorld.stacks = {
      'aws-s01': aws('eu-central-1'),
      'aws-s02': aws('us-east-1'),
      'gcp-s03': gcp('course', 'europe-west1-b'),
    };
    fs.mkdirSync(inPlaces(), { recursive: true });
  });

  test('asks the region, or project and zone, that each lab was in', async () => {
    const { clean, printed } = await audited();
    expect(clean).toBe(true);
    expect(printed).toBe('Audit of AWS and GCP: 3 labs without leftovers.\n');
    expect(mockWorld.asked.map((line) => line.replace(/ +/g, ' ')).sort()).toEqual([
      'course europe-west1-b for gcp-s03',
      'eu-central-1 for aws-s01',
      'us-east-1 for aws-s02',
    ]);
  });

  test('names leftovers by student, and labs of accounts that could not be asked', async () => {
    mockWorld.remains = { 'eu-central-1': [vpc('aws-s01', 'eu-central-1')] };
    mockWorld.silent = ['course'];
    const { clean, printed } = await audited();
    expect(clean).toBe(false);
    expect(printed).toContain('s01 (aws-s01): vpc vpc-1 (eu-central-1), $0.5000 an hour');
    expect(printed).toContain('s03 (gcp-s03): could not be searched: access denied');
    expect(printed).not.toContain('s02');
  });
});
