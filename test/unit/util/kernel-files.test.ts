import * as fs from 'node:fs';
import * as path from 'node:path';
import { members } from '../../../provider/local/shared/cgroups';
import {
  listKernelDirectory,
  readKernelFile,
  removeKernelDirectory,
} from '../../../util/kernel-files';

// The real module's functions can't be replaced one by one.
const mockCodes = new Map<string, string>();
jest.mock('node:fs', () => {
  const real = jest.requireActual<typeof import('node:fs')>('node:fs');
  const failing =
    <T extends (...args: any[]) => unknown>(work: T) =>
    (...args: Parameters<T>) => {
      const code = mockCodes.get(String(args[0]));
      if (code) throw Object.assign(new Error(code), { code });
      return work(...args);
    };
  return {
    ...real,
    readFileSync: failing(real.readFileSync),
    readdirSync: failing(real.readdirSync),
    rmdirSync: failing(real.rmdirSync),
  };
});

const FILE = '/sys/fs/cgroup/hardway-none';
afterEach(() => mockCodes.clear());

describe.each(['ENOENT', 'ENODEV', 'ESRCH'])('a file of the kernel that fails with %s', (code) => {
  beforeEach(() => void mockCodes.set(FILE, code));

  test('reads as undefined', () => expect(readKernelFile(FILE)).toBeUndefined());
  test('lists as empty', () => expect(listKernelDirectory(FILE)).toEqual([]));
  test('counts as removed', () => expect(removeKernelDirectory(FILE)).toBeUndefined());
});

test('another error of a file of the kernel is thrown', () => {
  mockCodes.set(FILE, 'EACCES');
  expect(() => readKernelFile(FILE)).toThrow('EACCES');
});

test('a control group that is removed while its processes are read has none', () => {
  const group = fs.mkdtempSync('/tmp/hardway-group-');
  try {
    fs.mkdirSync(path.join(group, 'pod'));
    fs.writeFileSync(path.join(group, 'cgroup.procs'), '7\n');
    fs.writeFileSync(path.join(group, 'pod/cgroup.procs'), '8\n');
    expect(members(group)).toEqual([7, 8]);
    mockCodes.set(path.join(group, 'pod/cgroup.procs'), 'ENODEV');
    expect(members(group)).toEqual([7]);
  } finally {
    mockCodes.clear();
    fs.rmSync(group, { recursive: true });
  }
});
