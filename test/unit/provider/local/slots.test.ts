import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../../util/repo-root';
import {
  chooseSlot,
  holdSlot,
  labs,
  publicCidr,
  releaseSlot,
  reserveSlot,
  slotAt,
  slotOf,
} from '../../../../provider/local/shared/slots';
import { labDirectory } from '../../../../provider/local/shared/names';

/** Links that the kernel is said to have. */
const mockLinks = new Set<string>();
jest.mock('../../../../provider/local/shared/host-links', () => ({
  linkExists: (name: string) => mockLinks.has(name),
}));

const POOL = '198.18.0.0/15';
let place: string;

beforeEach(() => {
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-slots-'));
  process.env.HARDWAY_CLOUD = path.join(place, 'cloud');
  process.env.HARDWAY_HOST = path.join(place, 'host');
  process.env.HARDWAY_STATE = path.join(place, 'state');
  mockLinks.clear();
});

afterEach(() => {
  for (const name of ['HARDWAY_CLOUD', 'HARDWAY_HOST', 'HARDWAY_STATE']) delete process.env[name];
  fs.rmSync(place, { recursive: true });
});

const hold = (lab: string, slot: number): void => holdSlot({ lab, pool: POOL, slot });

test('slotAt is the inverse of publicCidr', () => {
  for (const slot of [0, 3, 255, 256, 511]) expect(slotAt(POOL, publicCidr(POOL, slot))).toBe(slot);
});

test('a lab gets the lowest free slot and keeps it until it is deleted', () => {
  hold('one', 0);
  expect(chooseSlot('two', POOL)).toBe(1);
  hold('two', 1);
  releaseSlot('one');
  expect(chooseSlot('two', POOL)).toBe(1);
});

test('chooseSlot skips one free slot for each lab ahead', () => {
  hold('one', 1);
  expect([0, 1, 2].map((ahead) => chooseSlot('new', POOL, ahead))).toEqual([0, 2, 3]);
});

test('a replaced network takes its own slot again, even if a lower one is free', () => {
  hold('one', 0);
  hold('two', 1);
  const cidr = publicCidr(POOL, 1);
  releaseSlot('one');
  releaseSlot('two');
  hold('two', slotAt(POOL, cidr));
  expect(slotOf('two')).toMatchObject({ slot: 1 });
});

test('holdSlot rejects the slot of another lab', () => {
  hold('one', 0);
  expect(() => hold('two', 0)).toThrow(/lab one took public network 0/);
});

test('labs that start simultaneously get different slots', async () => {
  const reserve = `require('./bin/run.cjs').load('provider/local/shared/slots.ts').reserveSlot(process.argv[1], '${POOL}')`;
  const labs = Array.from({ length: 8 }, (_, index) => `lab-${index}`);
  const run = promisify(execFile);
  await Promise.all(
    labs.map((lab) => run(process.execPath, ['-e', reserve, lab], { cwd: root, env: process.env })),
  );
  // Not 0 to 7: labs that run on this host keep their links' numbers.
  const slots = labs.map((lab) => slotOf(lab)?.slot);
  expect(slots).not.toContain(undefined);
  expect(new Set(slots).size).toBe(8);
  expect(reserveSlot('lab-0', POOL)).toBe(false);
});

test('reserveSlot throws for a full pool and takes no slot', () => {
  hold('one', 0);
  expect(() => reserveSlot('two', '198.18.0.0/24')).toThrow(
    /all 1 public networks of 198\.18\.0\.0\/24 are taken/,
  );
  expect(slotOf('two')).toBeUndefined();
});

describe('labs under different cloud directories', () => {
  const inCloud = (cloud: string, work: () => void): void => {
    const before = process.env.HARDWAY_CLOUD;
    process.env.HARDWAY_CLOUD = path.join(place, cloud);
    try {
      work();
    } finally {
      process.env.HARDWAY_CLOUD = before;
    }
  };

  test('get different slots', () => {
    inCloud('first', () => reserveSlot('one', POOL));
    inCloud('second', () => reserveSlot('two', POOL));
    expect([slotOf('one')?.slot, slotOf('two')?.slot]).toEqual([0, 1]);
  });

  test('are found in the directory that they were made in', () => {
    inCloud('first', () => reserveSlot('one', POOL));
    inCloud('second', () => expect(labDirectory('one')).toBe(path.join(place, 'first/labs/one')));
    expect(labs()).toEqual(['one']);
  });

  test('leave a link alone that no record explains', () => {
    mockLinks.add('hw0');
    expect(chooseSlot('one', POOL)).toBe(1);
  });
});

test('a lab of an earlier version keeps the slot that its cloud directory recorded', () => {
  const cloud = process.env.HARDWAY_CLOUD!;
  fs.mkdirSync(path.join(cloud, 'slots'), { recursive: true });
  fs.mkdirSync(path.join(cloud, 'labs/old'), { recursive: true });
  fs.writeFileSync(path.join(cloud, 'slots/0'), 'old');
  fs.writeFileSync(
    path.join(cloud, 'labs/old/slot.json'),
    JSON.stringify({ lab: 'old', pool: POOL, slot: 0 }),
  );
  mockLinks.add('hw0');
  expect([chooseSlot('old', POOL), chooseSlot('new', POOL)]).toEqual([0, 1]);
});
