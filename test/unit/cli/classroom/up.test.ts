import * as fs from 'node:fs';
import type { Account, Quota } from '../../../../cli/account/account';
import type { Needs } from '../../../../cli/account/needs';
import { classUp, settingsFor } from '../../../../cli/classroom/up';
import { readRoster } from '../../../../cli/classroom/roster';
import { slotsFinding } from '../../../../cli/doctor/network';
import { prepare, type RequestedLab } from '../../../../cli/actions/prepare';
import { quietProgress } from '../../../../cli/ui/progress';
import { checkedConfig, parseSettings, writeSettings } from '../../../../cli/lab/settings';
import { inPlaces, ownPlaces } from '../../../support/typed';

/** The account of these tests: what it was asked for, and how much it has. */
const mockAccount = { asked: [] as Needs[], addresses: 100, unknown: [] as string[] };
jest.mock('../../../../cli/account/account', () => ({
  ...jest.requireActual<object>('../../../../cli/account/account'),
  accountOf: ({ cloud }: { cloud: string }): Account => ({
    who: async () => {
      const { CloudError } = jest.requireActual<typeof import('../../../../components/cloud')>(
        '../../../../components/cloud',
      );
      if (mockAccount.unknown.includes(cloud)) throw new CloudError(`${cloud} knows no caller`);
      return 'somebody';
    },
    processors: async (types) => new Map(types.map((type) => [type, 2])),
    quotas: async (needs): Promise<Quota[]> => {
      mockAccount.asked.push(needs);
      return [
        {
          name: 'addresses',
          limit: mockAccount.addresses,
          used: 0,
          needed: needs.publicAddresses,
          ask: 'the console',
        },
      ];
    },
    remains: async () => [],
    notes: async () => [],
    orphans: async () => [],
    regions: async () => [],
  }),
}));
const mockSetUp = jest.fn(async () => ({ kubectl: 'kubectl' }));
/** The students with labs that were begun; each goes well at once. */
const mockBegun: string[] = [];
jest.mock('../../../../cli/classroom/jobs/worker-process', () => ({
  childJob: (id: string) => ({
    id,
    begin: () => ({
      result: Promise.resolve(mockBegun.push(id)),
      stop: () => undefined,
      drop: () => undefined,
    }),
  }),
}));
const mockSetUpTools = jest.fn(async () => ({ kubectl: 'kubectl' }));
jest.mock('../../../../cli/actions/ensure-toolchain', () => ({
  found: async () => ({}),
  foundTools: async () => ({}),
  setUp: () => mockSetUp(),
  setUpTools: () => mockSetUpTools(),
}));
jest.mock('../../../../cli/doctor/kernel', () => ({ kernelFindingsFor: () => [] }));

ownPlaces();
beforeEach(() => {
  mockAccount.asked = [];
  mockAccount.addresses = 100;
  mockSetUp.mockClear();
  mockSetUpTools.mockClear();
  mockAccount.unknown = [];
});

function students(text: string) {
  fs.writeFileSync(inPlaces('students.yaml'), text);
  return readRoster(inPlaces('students.yaml')).students;
}

const wanted = (text: string): RequestedLab[] =>
  students(text).map(({ lab, settings }) => ({ lab, config: checkedConfig(lab, settings) }));

const FEW =
  'students:\n- {id: s01, cloud: aws}\n- {id: s02, cloud: aws}\n- {id: s03, cloud: aws, config: {region: eu-west-1}}\n- {id: s04, cloud: gcp}';

test('asks each account once for all of its new labs', async () => {
  await prepare(quietProgress, ...wanted(FEW));
  expect(
    mockAccount.asked.map(({ machines, networks, publicAddresses }) => [
      ...machines,
      networks,
      publicAddresses,
    ]),
  ).toEqual([
    [['t3.small', 12], 2, 14],
    [['t3.small', 6], 1, 7],
    [['e2-small', 6], 1, 7],
  ]);
  expect(mockSetUpTools).toHaveBeenCalled();
  expect(mockSetUp).not.toHaveBeenCalled();
});

test('does not ask for a lab that exists already', async () => {
  const all = wanted(FEW);
  fs.mkdirSync(inPlaces('state', 'stacks'), { recursive: true });
  fs.writeFileSync(inPlaces('state', 'stacks', 'Pulumi.aws-s01.yaml'), '');
  await prepare(quietProgress, ...all);
  expect(mockAccount.asked.map(({ networks }) => networks)).toEqual([1, 1, 1]);
});

test('class up reports all obstacles in one message, and begins no lab', async () => {
  mockAccount.addresses = 10;
  const ids = Array.from({ length: 100 }, (_, index) => `- {id: s${index}}`);
  const class_ = wanted(
    `defaults: {config: {publicPool: 198.18.0.0/22, controllers: 3, workers: 9}}\nstudents:\n- {id: a1, cloud: aws}\n- {id: a2, cloud: aws}\n${ids.join('\n')}`,
  );
  await expect(prepare(quietProgress, ...class_)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      new RegExp(
        [
          "^This host can't run 102 labs; nothing was changed:",
          ' {2}- Memory: .* available; 100 labs of 1200 machines take about 328\\.1 GiB, and at most 1200\\.0 GiB',
          '    To do: .*',
          ' {2}- Public networks: 198\\.18\\.0\\.0/22 has 4 of 4 free, and 100 are needed',
          '    To do: .*',
          "The account at AWS can't run 2 labs; nothing was changed:",
          ' {2}- Quota: addresses: 26 needed, 10 of 10 free',
          '    To do: a smaller lab fits: .*$',
        ]
          .map((line) =>
            line.includes('Memory') ? `(?: {2}- Disk space: .*\\n    To do: .*\\n)?${line}` : line,
          )
          .join('\\n'),
      ),
    ),
    cure: './lab doctor checks everything; ./lab doctor --cloud aws checks everything',
  });
  expect(mockSetUp).not.toHaveBeenCalled();
  expect(fs.readdirSync(inPlaces())).toEqual(['students.yaml']);
});

test('an account without enough quota stops its own labs only', async () => {
  mockAccount.addresses = 10;
  const { refused } = await prepare(quietProgress, ...wanted(FEW));
  expect(
    [...refused].map(([stack, { exitCode, message, cure }]) => [
      stack,
      exitCode,
      message.split('\n').slice(0, 2),
      cure,
    ]),
  ).toEqual(
    ['aws-s01', 'aws-s02'].map((stack) => [
      stack,
      3,
      [
        "The account at AWS can't run 2 labs; nothing was changed:",
        '  - Quota: addresses: 14 needed, 10 of 10 free',
      ],
      './lab doctor --cloud aws checks everything',
    ]),
  );
  expect(mockSetUpTools).toHaveBeenCalled();
  expect(mockSetUp).not.toHaveBeenCalled();
});

test('labs that exceed an account’s quota fail by name with one reason, and the others come up', async () => {
  mockAccount.addresses = 10;
  const said: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const code = await classUp(students(FEW), { yes: true, again: '' }).finally(() =>
    jest.restoreAllMocks(),
  );
  const text = said.join('');
  expect(code).toBe(1);
  expect(mockBegun).toEqual(['s03', 's04']);
  expect(text).toMatch(
    /s01 .*aws-s01 +failed[\s\S]*s03 .*aws-s03 +up[\s\S]*2 of 4 labs are up; failed: s01, s02\. It took/,
  );
  expect(
    text.match(
      /\ns01 \(aws-s01\), s02 \(aws-s02\):\n {2}The account at AWS can't run 2 labs[\s\S]*To do: \.\/lab doctor --cloud aws checks everything\n/g,
    ),
  ).toHaveLength(1);
});

test('class up asks about the price of the whole class once, before it looks at any account', async () => {
  await expect(classUp(students(FEW), { again: '' })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(
      /^3 labs in AWS, about \$0\.\d\d an hour.*; 1 lab in GCP, about \$0\.\d\d an hour.*, until \.\/lab class down or \.\/lab reap \(nothing is removed automatically\)\. Continue\? There is no terminal to ask on\.$/,
    ),
    cure: 'the same command with --yes',
  });
  expect(mockAccount.asked).toEqual([]);
});

test('a cloud that refuses the caller is reported before any price', async () => {
  mockAccount.unknown = ['aws', 'gcp'];
  await expect(classUp(students(FEW), { again: '' })).rejects.toMatchObject({
    exitCode: 3,
    message: 'aws knows no caller\ngcp knows no caller',
    cure: './lab doctor --cloud aws; ./lab doctor --cloud gcp, then run the same command again',
  });
});

test('labs in clouds need a few programs on the host, a local lab beside them the whole toolchain', async () => {
  await prepare(quietProgress, ...wanted('students:\n- {id: s01, cloud: gcp}'));
  expect([mockSetUpTools.mock.calls.length, mockSetUp.mock.calls.length]).toEqual([1, 0]);
  await prepare(
    quietProgress,
    ...wanted(
      'defaults: {config: {controllers: 1, workers: 1}}\nstudents:\n- {id: s01, cloud: gcp}\n- {id: s02}',
    ),
  );
  expect([mockSetUpTools.mock.calls.length, mockSetUp.mock.calls.length]).toEqual([1, 1]);
});

test('an extended expiry stays, although the roster has a lifetime', () => {
  const [one] = students('students: [{id: s01, config: {expires: 8h, workers: 2}}]');
  const expires = (student = one): string =>
    checkedConfig(student.lab, settingsFor(student)).expires;
  expect(expires()).toBe('8h');
  writeSettings(one.lab, one.settings);
  expect(expires()).toBe('8h');
  writeSettings(one.lab, parseSettings(['expires=2026-12-01T18:00Z']));
  expect(expires()).toBe('2026-12-01T18:00Z');
  expect(settingsFor(one).get('hardway-lab:workers')).toBe('2');
  const [until] = students('students: [{id: s01, config: {expires: 2026-12-05T18:00Z}}]');
  expect(expires(until)).toBe('2026-12-05T18:00Z');
});

test('public networks of labs of another pool count if their numbers fit', () => {
  expect(slotsFinding(new Map([['198.18.0.0/22', 3]]), [0, 7])).toMatchObject({
    status: 'ok',
    found: '198.18.0.0/22 has 3 of 4 free, and 3 are needed',
  });
  expect(slotsFinding(new Map([['198.18.0.0/22', 3]]), [0, 1])).toMatchObject({
    status: 'fail',
    found: '198.18.0.0/22 has 2 of 4 free, and 3 are needed',
  });
});
