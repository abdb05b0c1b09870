import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { removeCache } from '../../../cli/commands/clean';
import { judged } from '../../../cli/doctor/kernel';
import { found } from '../../../cli/actions/ensure-toolchain';

let directory: string;

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-cli-'));
  process.env.HARDWAY_CACHE = path.join(directory, 'cache');
  process.env.HARDWAY_STATE = path.join(directory, 'state');
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => {
  jest.restoreAllMocks();
  for (const name of ['HARDWAY_CACHE', 'HARDWAY_STATE']) delete process.env[name];
  fs.rmSync(directory, { recursive: true });
});

/** Fills the cache with files of these names. */
function cached(names: string[]): void {
  for (const name of names) {
    const file = path.join(process.env.HARDWAY_CACHE!, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, '');
  }
}

const OURS = [
  'programs/etcd/etcd',
  'images/x/index.json',
  'trees/y/bin/sh',
  'store/z/etcd',
  'partial/a/b',
  'logs/tree.log',
  'installed.json',
  'toolchain.json',
  'toolchain.json.17',
  'lock/owner.json',
  'lock.dead.4df3b8c2-015b-4efe-a3a1-d0702f8b88c4/owner.json',
];

describe('lab clean --cache', () => {
  test('removes every file of the lab, and then the directory', () => {
    cached(OURS);
    removeCache();
    expect(fs.existsSync(process.env.HARDWAY_CACHE!)).toBe(false);
  });

  test("leaves a user's own files, with any names", () => {
    const own = ['images.tar', 'lock.txt', 'thesis/chapter-1.tex', 'toolchain.json.old'];
    cached([...OURS, ...own]);
    removeCache();
    expect(fs.readdirSync(process.env.HARDWAY_CACHE!).sort()).toEqual([
      'images.tar',
      'lock.txt',
      'thesis',
      'toolchain.json.old',
    ]);
    expect(fs.existsSync(path.join(process.env.HARDWAY_CACHE!, 'thesis/chapter-1.tex'))).toBe(true);
  });

  test('touches no file in a directory that was never a cache', () => {
    cached(['images/holiday.jpg']);
    expect(removeCache).toThrow(/does not look like/);
    expect(fs.existsSync(path.join(process.env.HARDWAY_CACHE!, 'images/holiday.jpg'))).toBe(true);
  });
});

test('a search for the toolchain creates neither state nor cache', async () => {
  expect(await found()).toBeUndefined();
  expect(fs.readdirSync(directory)).toEqual([]);
});

describe('a kernel finding', () => {
  const nothing = (): boolean => false;
  const all = (): boolean => true;

  test.each([
    ['a working feature is ok', 'ok', nothing, 'ok'],
    ['a missing feature is a failure', 'Extension TTL revision 0 not supported', all, 'fail'],
    [
      'a feature is a warning if its program is not installed yet',
      'exec of "iptables" failed',
      nothing,
      'warn',
    ],
  ])('%s', (_what, answer, has, status) => {
    expect(judged(answer, { cure: 'modprobe xt_HL', by: ['iptables'] }, has).status).toBe(status);
  });

  test('names the command that installs a missing program', () => {
    expect(judged('', { cure: 'modprobe xt_HL', by: ['ip', 'iptables'] }, nothing)).toMatchObject({
      found: 'could not be tried without ip and iptables',
      cure: 'comes with ./lab start',
    });
  });
});
