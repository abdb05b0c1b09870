import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LOAD_NFT, run } from '../../../../provider/local/shared/command';

let directory: string;
beforeEach(() => void (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-nft-'))));
afterEach(() => fs.rmSync(directory, { recursive: true }));

// As nft 1.0.9 of Ubuntu 24.04: its standard input must be a file or a pipe.
const NFT = `#!/bin/sh
if [ ! -p /dev/stdin ] && [ ! -f /dev/stdin ]; then
  echo 'internal:0:0-0: Error: Not a regular file: "/dev/stdin"' >&2
  exit 1
fi
cat > "$0.rules"
grep -q 'add table' "$0.rules"
`;

describe('an nft that refuses a socket', () => {
  const load = (rules: string): Promise<string> =>
    run('env', [`PATH=${directory}:${process.env.PATH}`, 'sh', '-c', LOAD_NFT], { input: rules });

  beforeEach(() => fs.writeFileSync(path.join(directory, 'nft'), NFT, { mode: 0o755 }));

  test('loads the rules of a router', async () => {
    await load('add table inet vpc\n');
    expect(fs.readFileSync(path.join(directory, 'nft.rules'), 'utf8')).toBe('add table inet vpc\n');
  });

  test('fails if it refuses the rules', async () => {
    await expect(load('wrong\n')).rejects.toThrow(/failed \(1\)/);
  });
});

test('no file of the provider gives nft the socket of Node.js', () => {
  const found = execFileSync(
    'git',
    ['grep', '--untracked', '-nE', "nft', \\['-f', '-'|nft -f -", '--', 'provider/**.ts'],
    { encoding: 'utf8', cwd: path.resolve(__dirname, '../../../..') },
  );
  expect(found.trim().split('\n')).toEqual([
    expect.stringMatching(/^provider\/local\/shared\/command\.ts:\d+:export const LOAD_NFT/),
  ]);
});
