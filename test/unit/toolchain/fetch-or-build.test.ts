import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Sites, publishedDigest } from '../../../toolchain/download';
import { ToolchainError } from '../../../toolchain/errors';
import {
  commandPlugin,
  upstreamProject,
  upstreamProjects,
  type UpstreamProject,
} from '../../../toolchain/manifest';
import {
  obtain,
  findStored,
  type ObtainContext,
  type Mode,
} from '../../../toolchain/fetch-or-build';
import { ItemProgress, type Progress } from '../../../toolchain/progress';
import { describeOrigin } from '../../../toolchain/state';
import { each } from '../../support/each';
import { until } from '../../support/until';
import { semaphore } from '../../../util/semaphore';
import { pathOnServer, programText, ReleaseServer } from '../../fixtures/toolchain-releases';

const fakeGo = path.join(__dirname, '..', '..', 'fixtures', 'toolchain-go.sh');

let server: ReleaseServer;
let news: Progress[];

beforeEach(async () => {
  server = new ReleaseServer();
  news = [];
  process.env.HARDWAY_MIRROR = await server.start();
  process.env.HARDWAY_CACHE = fs.mkdtempSync(path.join(os.tmpdir(), 'toolchain-test-'));
});

afterEach(async () => {
  await server.stop();
  fs.rmSync(process.env.HARDWAY_CACHE!, { recursive: true, force: true });
  for (const name of ['HARDWAY_MIRROR', 'HARDWAY_CACHE', 'FAKE_GO_FAILS', 'FAKE_GO_LINKS_UNTIL'])
    delete process.env[name];
});

const obtainContext = (mode: Mode = 'auto'): ObtainContext => ({
  architecture: 'amd64',
  mode,
  sites: new Sites(),
  go: async () => ({ command: fakeGo, version: '1.26.8' }),
  buildTurn: semaphore(2),
});

const get = (one: UpstreamProject, context: ObtainContext = obtainContext()) =>
  obtain(one, context, new ItemProgress(one.name, (progress) => news.push(progress)));

/** The message of the ToolchainError that obtaining ends with. */
const failure = async (one: UpstreamProject, context?: ObtainContext): Promise<string> => {
  const error: unknown = await get(one, context).then(
    () => undefined,
    (reason) => reason as unknown,
  );
  expect(error).toBeInstanceOf(ToolchainError);
  return (error as Error).message;
};

const leftovers = (): string[] =>
  fs.existsSync(path.join(process.env.HARDWAY_CACHE!, 'programs'))
    ? fs.readdirSync(path.join(process.env.HARDWAY_CACHE!, 'programs'))
    : [];

describe('official releases', () => {
  test.each([...upstreamProjects, commandPlugin].map((one) => [one.name, one] as const))(
    'obtain downloads, verifies and unpacks %s',
    async (_, one) => {
      const found = await get(await server.publish(one, 'amd64'));
      each(one.programs, (program) => {
        expect(fs.readFileSync(path.join(found.directory, program), 'utf8')).toBe(
          programText(program),
        );
        expect(fs.statSync(path.join(found.directory, program)).mode & 0o777).toBe(0o755);
      });
      expect(found.origin).toMatchObject({ how: 'official' });
      expect(describeOrigin(found, 'amd64')).toBe(
        `from the mirror ${new URL(process.env.HARDWAY_MIRROR!).host}`,
      );
      expect(fs.readdirSync(found.directory).sort()).toEqual(
        [...one.programs, 'origin.json'].sort(),
      );
    },
  );

  test('a download reports the part of all its files that has arrived', async () => {
    const kubernetes = await server.publish(upstreamProject('kubernetes'), 'amd64');
    server.faults.set('dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver', 'slow');
    await get(kubernetes);
    const [half, ...whole] = kubernetes.releases.map(({ megabytes }) => megabytes);
    const others = whole.reduce((sum, megabytes) => sum + megabytes, 0);
    const parts = news.flatMap(({ state, fraction }) =>
      state === 'downloading' && fraction !== undefined ? [fraction] : [],
    );
    expect(parts.at(-1)).toBeCloseTo((others + half / 2) / (others + half), 1);
  });

  test('a wrong digest is an error with both digests, and nothing is built', async () => {
    const etcd = await server.publish(upstreamProject('etcd'), 'amd64');
    const url = pathOnServer(etcd.releases[0].url('amd64'));
    server.faults.set(url, 'changed');
    expect(await failure(etcd)).toMatch(
      new RegExp(`${url} has the wrong content: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}`),
    );
    expect(leftovers()).toEqual([]);
  });

  test('a file that differs from its pinned digest is an error', async () => {
    await server.publish(upstreamProject('runc'), 'amd64');
    expect(await failure(upstreamProject('runc'))).toContain(
      'expected SHA-256 f6ae8efc0fa40079e1475e97cbe9d1bd3f106a28d6af78a11d9f1bd565515e60',
    );
  });

  test('a file that differs from its published digest is an error', async () => {
    const coredns = await server.publish(upstreamProject('coredns'), 'amd64');
    server.faults.set(pathOnServer(coredns.releases[0].url('amd64')), 'changed');
    expect(await failure(coredns)).toContain('has the wrong content');
  });

  test('a missing file is an error with its URL, and nothing is built', async () => {
    const kubernetes = await server.publish(upstreamProject('kubernetes'), 'amd64');
    server.faults.set('dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-proxy', 'missing');
    expect(await failure(kubernetes)).toMatch(/kube-proxy: file not found \(HTTP status 404\)/);
    expect(leftovers()).toEqual([]);
  });

  test('a missing digest file is an error', async () => {
    const coredns = await server.publish(upstreamProject('coredns'), 'amd64');
    server.faults.set(`${pathOnServer(coredns.releases[0].url('amd64'))}.sha256`, 'missing');
    expect(await failure(coredns)).toMatch(/\.sha256: file not found/);
  });

  test('a transfer that is cut off is an error, and no part of the file is kept', async () => {
    const runc = await server.publish(upstreamProject('runc'), 'amd64');
    server.faults.set(pathOnServer(runc.releases[0].url('amd64')), 'cut off');
    expect(await failure(runc)).toMatch(/the transfer was cut off .*Run the command again/);
    expect(leftovers()).toEqual([]);
  });

  test('an archive without the program is an error that names the program', async () => {
    const crictl = await server.publish(upstreamProject('crictl'), 'amd64');
    const holds = (): Record<string, string> => ({ crictl: 'bin/crictl' });
    const asked = { ...crictl, releases: [{ ...crictl.releases[0], holds }] };
    expect(await failure(asked)).toContain('lacks bin/crictl');
  });
});

describe('obtain, if the host cannot be reached', () => {
  beforeEach(async () => {
    // A port that was free a moment ago: connections to it are refused.
    await server.stop();
  });

  afterEach(() => server.start());

  test('builds the project, and reports the reason', async () => {
    const found = await get(upstreamProject('containerd'));
    expect(found.origin.how).toBe('built');
    expect(fs.readFileSync(path.join(found.directory, 'ctr'), 'utf8')).toBe(
      'built from github.com/containerd/containerd/v2/cmd/ctr\n',
    );
    expect(news.map(({ detail }) => detail).join('\n')).toMatch(
      /127\.0\.0\.1:\d+ can't be reached: will be built/,
    );
  });

  test('gives a built program its own name, not the name of its package', async () => {
    const found = await get(upstreamProject('etcd'));
    expect(fs.readFileSync(path.join(found.directory, 'etcd'), 'utf8')).toBe(
      'built from go.etcd.io/etcd/server/v3\n',
    );
  });

  test('reports the last lines of a failed build and the path of its log', async () => {
    process.env.FAKE_GO_FAILS = '1';
    const message = await failure(upstreamProject('etcd'));
    expect(message).toContain('main.go:7: undefined: lab');
    const log = /Full output: (\S+)/.exec(message)![1];
    expect(fs.readFileSync(log, 'utf8')).toContain('undefined: lab');
    expect(leftovers()).toEqual([]);
  });

  test('reports, without Go, which project needs it and how to get it', async () => {
    expect(
      await failure(upstreamProject('etcd'), { ...obtainContext(), go: async () => undefined }),
    ).toMatch(/etcd 3\.6\.8 must be built, but Go .* is neither on PATH .*https:\/\/go\.dev\/dl\//);
  });

  test('builds nothing with HARDWAY_TOOLCHAIN=download', async () => {
    expect(await failure(upstreamProject('etcd'), obtainContext('download'))).toMatch(
      /can't be reached: .*HARDWAY_TOOLCHAIN=download forbids a build/,
    );
  });

  test('reports the unreachable host of a project that cannot be built', async () => {
    expect(await failure(commandPlugin)).toMatch(/can't be reached/);
  });
});

test('a build that links lets the next build compile', async () => {
  const ofTwo = (name: string): UpstreamProject => {
    const project = upstreamProject(name);
    return { ...project, builds: project.builds.map((build) => ({ ...build, compiles: 2 })) };
  };
  const end = path.join(process.env.HARDWAY_CACHE!, 'end');
  process.env.FAKE_GO_LINKS_UNTIL = end;
  const context = { ...obtainContext('build'), buildTurn: semaphore(1) };
  const builds = [get(ofTwo('etcd'), context), get(ofTwo('crictl'), context)];
  const isBuilding = (name: string): boolean =>
    news.some((one) => one.name === name && one.state === 'building');
  const both = (): boolean => isBuilding('etcd') && isBuilding('crictl');
  const waited = until('both are built', both, 5);
  await waited.catch(() => undefined);
  fs.writeFileSync(end, '');
  await Promise.all(builds);
  expect(await waited).toBe(true);
});

test('HARDWAY_TOOLCHAIN=build contacts no host', async () => {
  await get(upstreamProject('etcd'), obtainContext('build'));
  expect(server.requests).toEqual([]);
});

test('findStored finds a stored project without a request, for the same recipe only', async () => {
  const etcd = await server.publish(upstreamProject('etcd'), 'amd64');
  const { directory } = await get(etcd);
  const requests = server.requests.length;
  expect(findStored(etcd, 'amd64', 'auto')?.directory).toBe(directory);
  expect(findStored(upstreamProject('etcd'), 'amd64', 'auto')).toBeUndefined();
  expect(findStored(etcd, 'arm64', 'auto')).toBeUndefined();
  expect(server.requests).toHaveLength(requests);
});

test('an artifact with a truncated file is not used, and is recreated', async () => {
  const etcd = await server.publish(upstreamProject('etcd'), 'amd64');
  const { directory } = await get(etcd);
  fs.truncateSync(path.join(directory, 'etcd'), 100);
  expect(findStored(etcd, 'amd64', 'auto')).toBeUndefined();
  expect((await get(etcd)).directory).toBe(directory);
  expect(fs.readFileSync(path.join(directory, 'etcd'), 'utf8')).toBe(programText('etcd'));
});

test('a directory without origin.json is not used', async () => {
  const etcd = await server.publish(upstreamProject('etcd'), 'amd64');
  const { directory } = await get(etcd);
  fs.rmSync(path.join(directory, 'origin.json'));
  expect(findStored(etcd, 'amd64', 'auto')).toBeUndefined();
});

test.each([
  ['a bare digest', 'a'.repeat(64)],
  ["sha256sum's lines", `${'b'.repeat(64)}  other\n${'a'.repeat(64)}  file.tgz\n`],
  ["sha256sum's binary lines", `${'a'.repeat(64)} *file.tgz`],
  ['a path before the name', `${'A'.repeat(64)}  release/file.tgz`],
])('a published digest is read from %s', (_, text) => {
  expect(publishedDigest(text, 'file.tgz')).toBe('a'.repeat(64));
});

test('publishedDigest returns undefined for a list without the file', () => {
  expect(publishedDigest(`${'b'.repeat(64)}  other\n<html>`, 'file.tgz')).toBeUndefined();
});
