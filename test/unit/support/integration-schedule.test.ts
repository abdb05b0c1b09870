import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { takeHost } from '../../support/host-lock';
import { alone, seconds } from '../../support/integration-schedule.json';
import { root } from '../../../util/repo-root';

const LongestFirst = require('../../support/longest-first.cjs');

/** Returns a test file as jest describes it to a sequencer. */
const testOf = (project: string, name: string) => ({
  path: path.join(root, `test/${project}/${name}.test.ts`),
  context: { config: { displayName: { name: project }, cacheDirectory: os.tmpdir() } },
});

describe('the schedule of the integration tests', () => {
  test('has a time for every test file, and no other', () => {
    const files = fs.readdirSync(path.join(root, 'test/integration'));
    const names = files.map((file) => path.basename(file, '.test.ts'));
    expect(Object.keys(seconds).sort()).toEqual(names.sort());
    expect(Object.keys(seconds)).toEqual(expect.arrayContaining(alone));
  });

  test('starts the longest files first, and those that need the host alone last', () => {
    const given = Object.keys(seconds).map((name) => testOf('integration', name));
    const sorted: { path: string }[] = new LongestFirst().sort(given);
    const names = sorted.map((test) => path.basename(test.path, '.test.ts'));
    const times = names.map((name) => seconds[name as keyof typeof seconds]);
    const together = times.slice(0, times.length - alone.length);
    expect(together).toEqual([...together].sort((one, other) => other - one));
    expect(names.slice(together.length).sort()).toEqual([...alone].sort());
  });
});

describe('a test file that needs the host alone', () => {
  let file: string;
  beforeEach(() => {
    file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-host-')), 'lock');
    fs.writeFileSync(file, '');
  });
  afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

  test('waits for all others, and others wait for it', async () => {
    const order: string[] = [];
    const releases = [await takeHost(file, 'shared'), await takeHost(file, 'shared')];
    const waiting = takeHost(file, 'exclusive').then((release) => {
      order.push('alone');
      return release;
    });
    await releases[0]();
    // Longer than a free lock takes.
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push('last other ends');
    await releases[1]();
    const release = await waiting;
    const next = takeHost(file, 'shared').then((end) => {
      order.push('next');
      return end;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    order.push('alone ends');
    await release();
    await (
      await next
    )();
    expect(order).toEqual(['last other ends', 'alone', 'alone ends', 'next']);
  });

  test('is not started without the file to lock', async () => {
    fs.rmSync(path.dirname(file), { recursive: true });
    await expect(takeHost(file, 'exclusive')).rejects.toThrow(/^flock exited \d+: .*No such file/);
    fs.mkdirSync(path.dirname(file));
  });
});
