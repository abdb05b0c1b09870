import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { run, state } from '../support/command';

const LAB = 'local-small-disk';

jest.setTimeout(10 * 60_000);

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-disk-'));
const places = { state: path.join(directory, 'state'), cloud: path.join(directory, 'cloud') };

afterAll(() => {
  for (const made of [directory, state]) fs.rmSync(made, { recursive: true, force: true });
});

interface Said {
  text: string;
  code: number;
}

/** Runs full-disk.sh and returns the output and exit code of each command. */
async function onDisk(
  what: keyof typeof places,
  options: string,
  fullAt?: string,
): Promise<Record<string, Said>> {
  const env = {
    ...process.env,
    HARDWAY_STATE: what === 'state' ? places.state : state,
    HARDWAY_CLOUD: places.cloud,
  };
  const script = path.join(root, 'test/support/full-disk.sh');
  const ran = await run(
    'unshare',
    ['--mount', script, LAB, places[what], options, ...(fullAt ? [fullAt] : [])],
    { minutes: 8, env },
  );
  const parts = [...ran.stdout.matchAll(/^== (?!exit)(.*)\n([\s\S]*?)^== exit (\d+)$/gm)];
  if (parts.length === 0) throw new Error(`${ran.stdout}${ran.stderr}`);
  return Object.fromEntries(
    parts.map(([, name, text, code]) => [name, { text, code: Number(code) }]),
  );
}

describe('up refuses a disk that is too small before it creates anything', () => {
  test.each([
    [
      'state',
      'size=10m',
      /Disk space: 10 MiB free at .*\/state, and 50 MiB needed: the lab's state\n.*or set HARDWAY_STATE to/,
    ],
    [
      'cloud',
      'size=60m',
      /Disk space: 60 MiB free at .*\/cloud, and 0\.3 GiB needed: 2 machines\n.*or set HARDWAY_CLOUD to/,
    ],
    [
      'cloud',
      'size=1g,nr_inodes=200',
      /Disk space: \d+ files free at .*\/cloud, and \d+ needed: 2 machines\n.*files \(inodes\)/,
    ],
  ] as const)('%s, %s', async (what, options, message) => {
    const { up, left } = await onDisk(what, options);
    expect(up.code).toBe(3);
    expect(up.text).toMatch(message);
    expect(up.text).toContain(`This host can't run lab ${LAB}; nothing was changed`);
    expect(left.text).toBe('');
  });
});

describe('a disk that fills during up', () => {
  test("ends up with one message if it is the nodes' disk, and down needs no space", async () => {
    const said = await onDisk('cloud', 'size=600m', `${places.cloud}/labs/${LAB}`);
    expect(said.up.code).toBe(3);
    expect(said.up.text).toMatch(
      /\nThe disk is full at .*\/cloud\. The command stopped there\.\nTo do: free space there .* \.\/lab down local-small-disk removes it\n$/,
    );
    expect(said['down on a full disk']).toMatchObject({
      code: 0,
      text: expect.stringMatching(/is removed, without leftovers/),
    });
    expect(said.left.text).toBe('');
  });

  test("ends up with one message if it is the state's disk, and down removes the rest when there is space", async () => {
    const said = await onDisk(
      'state',
      'size=600m',
      `${places.state}/backend/.pulumi/stacks/*/${LAB}.json`,
    );
    expect(said.up.code).toBe(3);
    expect(said.up.text).toMatch(
      /\nThe disk is full at .*\/state\. The command stopped there\.\nTo do: free space there .*\n$/,
    );
    // Whether the last write of down still finds space depends on the size of the files: both outcomes are right.
    const { text, code } = said['down on a full disk'];
    expect(text).toMatch(code === 0 ? /without leftovers/ : /The disk is full at .*\/state\./);
    expect(said['down with room']).toMatchObject({
      code: 0,
      // Nothing is left to remove if the first down found space.
      text: expect.stringMatching(code === 0 ? /has no leftovers/ : /without leftovers/),
    });
    expect(said.left.text).toBe('');
  });
});
