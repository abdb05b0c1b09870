import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { CloudResource } from '../../../../cli/account/account';
import { moved } from '../../../../cli/commands/extend';
import { endings, fromLabel, inCloud, isPast } from '../../../../cli/lab/expiry';
import { unable } from '../../../../cli/errors';
import { labelValue } from '../../../../components/gcp/credentials';
import { siteKind } from '../../../../provider/local/workspace/kind';

// Limits need root. The integration tests cover them on real labs.
jest.mock('../../../../provider/local/workspace/resource-limits', () => ({
  boundLab: async () => undefined,
  boundsDrift: () => '',
}));

const BOUNDS = { memoryLimit: 2 ** 30, processLimit: 512 };

let place: string;
beforeEach(() => {
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-expiry-'));
  process.env.HARDWAY_CLOUD = place;
  process.env.HARDWAY_HOST = path.join(place, 'host');
});
afterEach(() => {
  delete process.env.HARDWAY_CLOUD;
  fs.rmSync(place, { recursive: true });
});

const THEN = '2026-12-01T18:00Z';
const deadline = (time: string): object => ({
  resources: [{ urn: 'u', type: 'hardway:time:Deadline', outputs: { time } }],
});

/** An engine with these states in its backend; an Error is a state that can't be read. */
const engineOf = (states: Record<string, object>): Parameters<typeof endings>[0] => ({
  stacks: async () => Object.keys(states).map((name) => ({ name, busy: false })),
  snapshot: async (name) => {
    if (states[name] instanceof Error) throw states[name];
    return states[name] as never;
  },
});

const remain = (lab: string, expires: string): CloudResource => ({
  lab,
  student: '',
  expires,
  kind: 'instance',
  id: 'i',
  state: '',
  stateIds: ['i'],
  place: 'us-west-2',
  hourly: 0,
});

test('a lab has expired from the minute of its expiry on, and never without an expiry', () => {
  expect([
    isPast({ expires: THEN }, Date.parse(THEN) - 1),
    isPast({ expires: THEN }, Date.parse(THEN)),
    isPast({ expires: '' }, Infinity),
  ]).toEqual([false, true, false]);
});

test('fromLabel returns the time from which the label was made', () => {
  expect(fromLabel(labelValue(THEN))).toBe(THEN);
  expect(fromLabel(THEN)).toBe(THEN);
});

describe("a lab's expiry", () => {
  test('comes from the state, also for an incomplete lab', async () => {
    const found = await endings(
      engineOf({
        'aws-s01': deadline(THEN),
        'local-s02': { resources: [] },
        unrelated: deadline(THEN),
      }),
    );
    expect(found.map(({ lab, expires, from }) => [lab.stack, expires, from])).toEqual([
      ['aws-s01', THEN, 'state'],
      ['local-s02', '', 'state'],
    ]);
  });

  test('comes from the host if no state knows the lab or its state is damaged', async () => {
    for (const lab of ['local-s03', 'local-s04'])
      await siteKind.create({ lab, expires: THEN, ...BOUNDS });
    const found = await endings(engineOf({ 'local-s04': unable('damaged') }));
    expect(found.map(({ lab, expires, from }) => [lab.stack, expires, from])).toEqual([
      ['local-s03', THEN, 'machine'],
      ['local-s04', THEN, 'state'],
    ]);
  });

  test("comes from any label of the lab's resources in a cloud if no other record exists", async () => {
    const remains = [
      remain('gcp-s05', ''),
      remain('gcp-s05', labelValue(THEN)),
      remain('aws-s01', THEN),
      remain('somebody', THEN),
    ];
    expect(inCloud(remains).map(({ lab, expires }) => [lab.stack, expires])).toEqual([
      ['gcp-s05', THEN],
      ['aws-s01', THEN],
    ]);
    const found = await endings(engineOf({ 'aws-s01': deadline('2027-01-01T00:00Z') }), remains);
    expect(found.map(({ lab, expires, from }) => [lab.stack, expires, from])).toEqual([
      ['aws-s01', '2027-01-01T00:00Z', 'state'],
      ['gcp-s05', THEN, 'cloud'],
    ]);
  });

  test('moves by the given duration, counted from now if it has passed', () => {
    const now = new Date('2026-12-01T12:00:00Z');
    expect(moved(THEN, '2h', now)).toBe('2026-12-01T20:00Z');
    expect(moved('2026-11-01T00:00Z', '2h', now)).toBe('2026-12-01T14:00Z');
    expect(moved(THEN, '2026-12-24T18:00Z', now)).toBe('2026-12-24T18:00Z');
  });
});

describe('the site of a lab on this host', () => {
  const inputs = { lab: 'local-s01', expires: THEN, ...BOUNDS };
  const record = (): string => path.join(place, 'labs/local-s01/expires');

  test('holds the expiry, readable for its owner only, and reports a change of that', async () => {
    const { id, state } = await siteKind.create(inputs);
    expect(fs.readFileSync(record(), 'utf8')).toBe(THEN);
    expect(fs.statSync(record()).mode & 0o077).toBe(0);
    expect(await siteKind.read!(id, state)).toMatchObject({ trouble: '' });
    fs.rmSync(record());
    const trouble = await siteKind.read!(id, state);
    expect(trouble?.trouble).toMatch(/when the lab ends/);
    expect(await siteKind.diff!(trouble!, inputs, new Set())).toEqual({
      changed: ['trouble'],
      replace: [],
    });
    await siteKind.update!(id, state, { ...inputs, expires: '' });
    expect(fs.readFileSync(record(), 'utf8')).toBe('');
  });

  test('is kept when the expiry moves, and replaced for another lab', async () => {
    const state = { ...inputs, trouble: '' };
    expect(await siteKind.diff!(state, { ...inputs, expires: '' }, new Set())).toEqual({
      changed: ['expires'],
      replace: [],
    });
    expect(
      await siteKind.diff!(state, { ...inputs, memoryLimit: 2 ** 31, processLimit: 9 }, new Set()),
    ).toEqual({ changed: ['memoryLimit', 'processLimit'], replace: [] });
    expect(await siteKind.diff!(state, { ...inputs, lab: 'local-s02' }, new Set())).toMatchObject({
      replace: ['lab'],
    });
  });
});
