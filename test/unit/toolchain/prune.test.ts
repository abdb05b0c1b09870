import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { commandPlugin, upstreamProjects } from '../../../toolchain/manifest';
import { projectPath, findStored, type Obtained } from '../../../toolchain/fetch-or-build';
import { prune, unreferenced } from '../../../toolchain/prune';
import * as state from '../../../toolchain/state';
import { writeOrigin } from '../../../toolchain/artifact-store';
import { nodeStorePath } from '../../../toolchain/node-programs';

jest.mock('../../../toolchain/state', () => ({
  ...jest.requireActual<object>('../../../toolchain/state'),
  readState: jest.fn(),
}));

let cache: string;

beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-prune-'));
  process.env.HARDWAY_CACHE = cache;
});

afterEach(() => {
  delete process.env.HARDWAY_CACHE;
  fs.rmSync(cache, { recursive: true });
});

/** Makes an artifact with one file in the cache. */
function make(directory: string): string {
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'file'), 'x');
  writeOrigin(directory, { how: 'built', from: [], seconds: 0 });
  return directory;
}

/** A cache in which everything of the manifest is, and the state that it makes. */
function whole(): { kept: string[]; found: state.State } {
  const [tree, images] = [
    make(path.join(cache, 'trees/bookworm-amd64-new')),
    make(path.join(cache, 'images/new')),
  ];
  const programs = [...upstreamProjects, commandPlugin].map((one) =>
    make(projectPath(one, 'amd64', 'built')),
  );
  const obtained = new Map(
    upstreamProjects.map((one) => [one.name, findStored(one, 'amd64', 'build') as Obtained]),
  );
  const found: state.State = {
    scope: 'local',
    architecture: 'amd64',
    mode: 'build',
    obtained,
    missing: [],
    tree,
    treeMissing: false,
    images,
    pulumiHome: '/none',
    commandPlugin: 'stand-in',
  };
  return {
    found,
    kept: [tree, images, ...programs, make(nodeStorePath(state.nodeStoreParts(found)))],
  };
}

const inCache = (): string[] =>
  ['programs', 'images', 'trees', 'store'].flatMap((kind) => {
    const directory = path.join(cache, kind);
    return fs.existsSync(directory)
      ? fs.readdirSync(directory).map((name) => path.join(directory, name))
      : [];
  });

describe('prune', () => {
  test('keeps entries of the manifest and removes older versions of each kind', async () => {
    const { kept, found } = whole();
    const old = [
      'trees/bookworm-amd64-old',
      'images/old',
      'store/old',
      'programs/etcd-3.0.0-amd64-built-old',
    ].map((name) => make(path.join(cache, name)));
    jest.mocked(state.readState).mockResolvedValue(found);
    const removed: string[] = [];
    await prune([], (entry) => removed.push(entry));
    expect(removed.sort()).toEqual(old.sort());
    expect(inCache().sort()).toEqual(kept.sort());
    expect(fs.readdirSync(cache)).not.toContain('lock');
  });

  test('keeps entries saved for plain pulumi and entries that a process names', async () => {
    const { kept, found } = whole();
    const [noted, running, started, old] = ['noted', 'running', 'started', 'old'].map((name) =>
      make(path.join(cache, 'trees', name)),
    );
    jest.mocked(state.readState).mockResolvedValue(found);
    const machines = [
      spawn('sleep', ['60'], { env: { TREE: running } }),
      spawn('sh', ['-c', 'read -r _', 'sh', started]),
    ];
    // A process has its own environment once it runs its own program.
    await Promise.all(
      machines.map((machine) => new Promise((resolve) => machine.once('spawn', resolve))),
    );
    try {
      await prune([noted], () => undefined);
    } finally {
      machines.forEach((machine) => machine.kill());
    }
    expect(inCache().sort()).toEqual([...kept, noted, running, started].sort());
    expect(fs.existsSync(old)).toBe(false);
  });

  test('removes nothing while an entry of the manifest is missing', async () => {
    const { found } = whole();
    make(path.join(cache, 'trees/old'));
    jest.mocked(state.readState).mockResolvedValue({ ...found, treeMissing: true });
    const before = inCache();
    await prune([], () => expect(true).toBe(false));
    expect(inCache()).toEqual(before);
  });

  test('removes only old leftovers of locks', () => {
    const id = '4df3b8c2-015b-4efe-a3a1-d0702f8b88c4';
    for (const name of [
      'lock',
      `lock.dead.${id}`,
      `lock.released.${id}`,
      `lock.${id}`,
      'lock.txt',
      'thesis',
      'trees',
    ])
      fs.mkdirSync(path.join(cache, name));
    expect(unreferenced([], '')).toEqual([]);
    const later = Date.now() + 2 * 60 * 60_000;
    expect(
      unreferenced([], '', later)
        .map((entry) => path.basename(entry))
        .sort(),
    ).toEqual([`lock.${id}`, `lock.dead.${id}`, `lock.released.${id}`]);
  });

  test('removes parts of a rehearsal a week after their last use', () => {
    const part = make(path.join(cache, 'rehearsal/moto-1'));
    const day = 24 * 60 * 60_000;
    expect(unreferenced([], '', Date.now() + 6 * day)).toEqual([]);
    expect(unreferenced([], '', Date.now() + 8 * day)).toEqual([part]);
    expect(unreferenced([], `bash ${part}`, Date.now() + 8 * day)).toEqual([]);
  });

  test('creates no cache', async () => {
    process.env.HARDWAY_CACHE = path.join(cache, 'none');
    await prune([], () => undefined);
    expect(fs.readdirSync(cache)).toEqual([]);
  });
});
