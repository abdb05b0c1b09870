import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type PlacedStep, pack } from '../../../../components/bootstrap/payload';

const files = [
  { path: '/etc/etcd/etcd-key.pem', mode: 0o600, content: 'key' },
  { path: '/etc/etcd/ca.pem', mode: 0o644, content: 'certificate ü' },
];

const step = (own: typeof files, name = 'etcd'): PlacedStep => ({
  name,
  units: ['etcd'],
  files: own,
});

test('the order of a step’s files does not change the digest', async () => {
  expect(await pack('x', [step(files)])).toEqual(await pack('x', [step([...files].reverse())]));
});

test('the order of the steps is kept', async () => {
  const [one, other] = [step([], 'one'), step([], 'other')];
  const list = async (steps: PlacedStep[]): Promise<string> =>
    Buffer.from((await pack('x', steps)).archive, 'base64').toString();
  expect(await list([one, other])).toContain('one\nother\n');
  expect(await list([other, one])).toContain('other\none\n');
});

test('content, mode and path each change the digest', async () => {
  const [key, ca] = files;
  const variants = [
    files,
    [key],
    [key, { ...ca, mode: 0o600 }],
    [key, { ...ca, content: 'other' }],
    [key, { ...ca, path: '/etc/etcd/b.pem' }],
  ];
  const digests = await Promise.all(
    variants.map(async (variant) => (await pack('x', [step(variant)])).digest),
  );
  expect(new Set(digests).size).toBe(variants.length);
});

test('tar unpacks the files with their modes', async () => {
  const { archive } = await pack('x', [{ ...step(files), prepare: 'y' }]);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'payload-'));
  try {
    execFileSync('tar', ['-xpC', directory, '--no-same-owner'], {
      input: Buffer.from(archive, 'base64'),
    });
    const key = path.join(directory, 'steps/etcd/root/etc/etcd/etcd-key.pem');
    expect(fs.readFileSync(key, 'utf8')).toBe('key');
    expect(fs.statSync(key).mode & 0o777).toBe(0o600);
    expect(fs.readFileSync(path.join(directory, 'steps/etcd/root/etc/etcd/ca.pem'), 'utf8')).toBe(
      'certificate ü',
    );
    expect(fs.statSync(path.join(directory, 'steps/etcd/root/etc/etcd/ca.pem')).mode & 0o777).toBe(
      0o644,
    );
    expect(fs.readFileSync(path.join(directory, 'place.sh'), 'utf8')).toBe('x');
    expect(fs.readFileSync(path.join(directory, 'steps/etcd/units'), 'utf8')).toBe('etcd\n');
    expect(fs.readFileSync(path.join(directory, 'steps/etcd/prepare.sh'), 'utf8')).toBe('y');
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});

test.each(['etc/relative', '/etc/../shadow', '/etc/with space', '/etc/$HOME', '/'])(
  'refuses the path %s',
  async (bad) => {
    await expect(pack('x', [step([{ path: bad, mode: 0o644, content: '' }])])).rejects.toThrow(
      `"${bad}" is not a plain absolute path`,
    );
  },
);

test('refuses a repeated path, also in two steps', async () => {
  await expect(pack('x', [step([files[0]]), step([files[0]], 'other')])).rejects.toThrow(
    '/etc/etcd/etcd-key.pem is placed twice',
  );
});
