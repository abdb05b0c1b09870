import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ownerOf, scratchDirectory } from '../../../util/scratch-directory';

jest.mock('node:fs', () => {
  const actual = jest.requireActual<typeof fs>('node:fs');
  return { ...actual, readdirSync: jest.fn(actual.readdirSync) };
});

let parent: string;
beforeEach(() => void (parent = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-test-'))));
afterEach(() => fs.rmSync(parent, { recursive: true }));

const create = (kind = 'events'): string => scratchDirectory(kind, parent);

/** Name of a directory of this process, with the id of another one. */
const nameWith = (pid: number): string =>
  path.basename(create()).replace(`-${process.pid}-`, `-${pid}-`);

/** Id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'close');
  return child.pid!;
}

describe('a scratch directory', () => {
  test('names its process and PID namespace', () => {
    const name = path.basename(create());
    expect(ownerOf(name)).toBe(process.pid);
    expect(ownerOf(name, 'other')).toBeUndefined();
  });

  test.each([
    'hardway-events-12',
    'hardway-events-x-abc-123456',
    'other-events-1-abc-123456',
    'hardway-events-1-abc-123456.txt',
  ])('is not one named %s', (name) => expect(ownerOf(name, 'abc')).toBeUndefined());

  test('is private', () => expect(fs.statSync(create()).mode & 0o777).toBe(0o700));

  test('is deleted by the next one of any kind if its process has ended', async () => {
    const killed = path.join(parent, nameWith(await deadPid()));
    fs.mkdirSync(killed);
    fs.writeFileSync(path.join(killed, 'events'), '{}\n');
    create('ssh');
    expect(fs.existsSync(killed)).toBe(false);
  });

  test('stays while its process runs', () => {
    const own = create();
    const other = path.join(parent, nameWith(process.ppid));
    fs.mkdirSync(other);
    create();
    expect([own, other].map((directory) => fs.existsSync(directory))).toEqual([true, true]);
  });

  test('is not a link or a file of that name, and no link in it is followed', async () => {
    const pid = await deadPid();
    const kept = path.join(parent, 'kept');
    fs.mkdirSync(kept);
    fs.writeFileSync(path.join(kept, 'file'), '');
    const link = path.join(parent, nameWith(pid));
    fs.symlinkSync(kept, link);
    const file = path.join(parent, nameWith(pid));
    fs.writeFileSync(file, '');
    const killed = path.join(parent, nameWith(pid));
    fs.mkdirSync(killed);
    fs.symlinkSync(kept, path.join(killed, 'link'));
    create();
    const existing = [path.join(kept, 'file'), link, file, killed].map((one) => fs.existsSync(one));
    expect(existing).toEqual([true, true, true, false]);
  });

  test('stays if another user owns it', async () => {
    const other = path.join(parent, nameWith(await deadPid()));
    fs.mkdirSync(other);
    const getuid = jest.spyOn(process, 'getuid').mockReturnValue(4321);
    create();
    getuid.mockRestore();
    expect(fs.existsSync(other)).toBe(true);
  });

  test('is created in a parent that can not be listed', () => {
    jest.mocked(fs.readdirSync).mockImplementationOnce(() => {
      throw new Error('EACCES: permission denied, scandir');
    });
    expect(fs.existsSync(create())).toBe(true);
    expect(jest.mocked(fs.readdirSync)).toHaveBeenCalledWith(parent);
  });
});
