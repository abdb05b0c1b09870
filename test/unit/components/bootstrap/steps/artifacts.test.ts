import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tar from 'tar-stream';
import { PROGRAMS } from '../../../../../components/bootstrap';
import { source } from '../../../../../components/bootstrap/step';
import { officialDownloads } from '../../../../../components/bootstrap/downloads';
import { ARCHITECTURES, commandPlugin, upstreamProjects } from '../../../../../toolchain/manifest';
import { packAsUpstream, UPSTREAM } from '../../../../fixtures/upstream-archives';
import { each } from '../../../../support/each';

const digestOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const PROGRAM = Buffer.from('#!/bin/sh\necho etcd\n');

async function archive(name: string, content: Buffer): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name }, content);
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

let node: string;
let server: http.Server;
let site: string;
let files: Record<string, Buffer>;
let asked: string[];
let cutOff: string | undefined;
let stalled: string | undefined;
let dripping: string | undefined;

/** Sends 1 KiB four times a second, without an end: too fast for a stall. */
function drip(answer: http.ServerResponse): void {
  const timer = setInterval(() => answer.write(Buffer.alloc(1024)), 250);
  answer.on('close', () => clearInterval(timer));
}

beforeEach(async () => {
  node = fs.mkdtempSync(path.join(os.tmpdir(), 'artifacts-'));
  for (const directory of ['etc/hardway', 'opt/hardway', 'var/tmp'])
    fs.mkdirSync(path.join(node, directory), { recursive: true });
  fs.writeFileSync(path.join(node, 'opt/hardway/common.sh'), source('ready/common.sh')!);
  fs.writeFileSync(path.join(node, 'etc/hardway/node.env'), 'NODE_NAME=controller-0\n');
  fs.writeFileSync(path.join(node, 'etc/hardway/packages'), 'sh dash\n');
  files = { '/etcd.tar': await archive('etcd-v3/etcd', PROGRAM), '/kubectl': PROGRAM };
  [asked, cutOff, stalled, dripping] = [[], undefined, undefined, undefined];
  retries = 0;
  server = http.createServer(({ url }, answer) => {
    asked.push(url!);
    const content = files[url!];
    if (!content) return void answer.writeHead(404).end();
    answer.writeHead(200, { 'content-length': content.length });
    // Sends a beginning, and then nothing more on an open connection.
    if (url === stalled) return void answer.write(content.subarray(0, 5));
    if (url === dripping) return drip(answer);
    if (url !== cutOff) return void answer.end(content);
    answer.write(content.subarray(0, 5), () => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
  fs.rmSync(node, { recursive: true });
});

let retries = 0;

/** Runs the step's own script, its absolute paths turned to a directory that stands for the node. */
function run(...programs: string[]): Promise<{ code: number | null; told: string }> {
  const here = (text: string): string =>
    text.replace(/(?<=[ ='"]|^)\/(opt|etc|var)\//gm, `${node}/$1/`);
  const own = path.join(node, 'bin');
  fs.writeFileSync(
    path.join(node, 'etc/hardway/programs'),
    programs.map((line) => `${line.replace(' BIN ', ` ${own} `)}\n`).join(''),
  );
  // Fewer tries: most of what fails here fails for good.
  const script = here(source('artifacts/artifacts.sh')!)
    .replace('retries=5', `retries=${retries}`)
    .replace('transfer_seconds=300', 'transfer_seconds=4')
    .replace('stall_seconds=30', 'stall_seconds=2')
    .replace('apt_limit=300', 'apt_limit=4')
    .replace('apt_pause=5', 'apt_pause=0.2')
    .replaceAll('$(dpkg --print-architecture)', 'amd64');
  const child = spawn('bash', ['-c', script], {
    env: { ...process.env, PATH: `${path.join(node, 'tools')}:${process.env.PATH}` },
  });
  let told = '';
  child.stderr.on('data', (chunk) => (told += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, told })));
}
const installed = (name: string): string | undefined => {
  const file = path.join(node, 'bin', name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
};

test('a program is downloaded, verified, unpacked and made executable once', async () => {
  const line = `etcd BIN amd64 ${site}/etcd.tar ${digestOf(files['/etcd.tar'])} etcd-v3/etcd`;
  expect(await run(`etcd BIN arm64 ${site}/other 00 etcd`, line)).toEqual({ code: 0, told: '' });
  expect(installed('etcd')).toBe(PROGRAM.toString());
  expect(fs.statSync(path.join(node, 'bin/etcd')).mode & 0o777).toBe(0o755);
  expect((await run(line)).code).toBe(0);
  expect(asked).toEqual(['/etcd.tar']);
});

const archived = [...upstreamProjects, commandPlugin].flatMap((project) =>
  project.releases.flatMap(({ holds }) =>
    typeof holds === 'string' ? [] : [{ project, holds, name: project.name }],
  ),
);

test('the table of upstream layouts covers exactly the projects that publish archives', () => {
  expect(archived.map(({ name }) => name).sort()).toEqual(Object.keys(UPSTREAM).sort());
});

test.each(archived)(
  'the manifest states every member of $name exactly as upstream packs it',
  ({ project: { name, version }, holds }) => {
    const members = ARCHITECTURES.flatMap((architecture) => Object.values(holds(architecture)));
    const entries = ARCHITECTURES.flatMap((architecture) =>
      UPSTREAM[name].entries(version, architecture),
    );
    expect(members.length).toBeGreaterThan(0);
    expect(entries).toEqual(expect.arrayContaining(members));
  },
);

const forNodes = archived.filter(({ project }) => project.use.includes('node'));

test.each(forNodes)(
  'a node installs every program of $name from an archive packed like upstream’s',
  async ({ project, holds }) => {
    const packed = await packAsUpstream(project, 'amd64', (program) => `${program} runs`);
    files['/release.tar'] = packed;
    const members = Object.entries(holds('amd64'));
    const lines = members.map(
      ([program, member]) =>
        `${program} BIN amd64 ${site}/release.tar ${digestOf(packed)} ${member}`,
    );
    expect(await run(...lines)).toEqual({ code: 0, told: '' });
    expect(members.map(([program]) => installed(program))).toEqual(
      members.map(([program]) => `${program} runs`),
    );
  },
);

test.each([
  ['./etcd', 'etcd'],
  ['etcd', './etcd'],
])('an archive with entry %s gives it for the member %s', async (packed, member) => {
  files['/one.tar'] = await archive(packed, PROGRAM);
  const line = `etcd BIN amd64 ${site}/one.tar ${digestOf(files['/one.tar'])} ${member}`;
  expect(await run(line)).toEqual({ code: 0, told: '' });
  expect(installed('etcd')).toBe(PROGRAM.toString());
});

test('a digest can be a URL that publishes it', async () => {
  files['/kubectl.sha256'] = Buffer.from(`${digestOf(PROGRAM)}\n`);
  expect((await run(`kubectl BIN amd64 ${site}/kubectl ${site}/kubectl.sha256 -`)).code).toBe(0);
  expect(installed('kubectl')).toBe(PROGRAM.toString());
});

test.each<[string, () => string, RegExp]>([
  [
    'another digest',
    () => `kubectl BIN amd64 ${site}/kubectl ${'0'.repeat(64)} -`,
    /kubectl has SHA-256 [0-9a-f]{64}, not 0{64}: refused/,
  ],
  [
    'another published digest',
    () => (
      (files['/d'] = Buffer.from('1'.repeat(64))),
      `kubectl BIN amd64 ${site}/kubectl ${site}/d -`
    ),
    /not 1{64}: refused/,
  ],
  [
    'a published digest that is none',
    () => ((files['/d'] = Buffer.from('<html>')), `kubectl BIN amd64 ${site}/kubectl ${site}/d -`),
    /\/d holds no SHA-256/,
  ],
  [
    'a missing file',
    () => `kubectl BIN amd64 ${site}/nothing ${'0'.repeat(64)} -`,
    /\/nothing could not be downloaded/,
  ],
  [
    'a transfer that is cut off',
    () => ((cutOff = '/kubectl'), `kubectl BIN amd64 ${site}/kubectl ${digestOf(PROGRAM)} -`),
    /\/kubectl could not be downloaded/,
  ],
  [
    'an archive without the program',
    () => `etcd BIN amd64 ${site}/etcd.tar ${digestOf(files['/etcd.tar'])} elsewhere`,
    /etcd\.tar holds no elsewhere/,
  ],
  [
    'a program from nowhere',
    () => 'kubectl BIN - - - -',
    /kubectl is neither in .* nor among the downloads/,
  ],
])('%s is refused, and nothing is installed', async (_, line, told) => {
  const ran = await run(line());
  expect(ran.code).not.toBe(0);
  expect(ran.told).toMatch(told);
  expect([installed('kubectl'), installed('etcd')]).toEqual([undefined, undefined]);
});

test('a stalled download is ended', async () => {
  stalled = '/kubectl';
  const started = Date.now();
  const ran = await run(`kubectl BIN amd64 ${site}/kubectl ${digestOf(PROGRAM)} -`);
  expect(ran.code).not.toBe(0);
  expect(ran.told).toMatch(/Operation too slow[^]*\/kubectl could not be downloaded/);
  expect(Date.now() - started).toBeLessThan(15_000);
}, 30_000);

test('a download that makes progress without an end is ended', async () => {
  files['/kubectl'] = Buffer.alloc(1024 * 1024);
  dripping = '/kubectl';
  const ran = await run(`kubectl BIN amd64 ${site}/kubectl ${digestOf(PROGRAM)} -`);
  expect(ran.told).toMatch(/Operation timed out[^]*\/kubectl could not be downloaded/);
}, 30_000);

test('a download that breaks off is tried again', async () => {
  [cutOff, retries] = ['/kubectl', 2];
  server.once('request', (_, answer) => answer.on('close', () => (cutOff = undefined)));
  const ran = await run(`kubectl BIN amd64 ${site}/kubectl ${digestOf(PROGRAM)} -`);
  expect(ran.code).toBe(0);
  expect(asked).toEqual(['/kubectl', '/kubectl']);
  expect(installed('kubectl')).toBe(String(PROGRAM));
}, 30_000);

describe('packages', () => {
  /** Puts an apt-get on the node that fails the first `failures` times, as one that meets a lock. */
  function aptGet(failures: number): void {
    fs.writeFileSync(path.join(node, 'etc/hardway/packages'), 'no-such-command some-package\n');
    fs.mkdirSync(path.join(node, 'tools'));
    fs.writeFileSync(
      path.join(node, 'tools/apt-get'),
      `#!/bin/sh
echo "$NEEDRESTART_SUSPEND $*" >> ${node}/calls
[ "$(wc -l < ${node}/calls)" -gt ${failures} ] || { echo 'E: Could not get lock /var/lib/apt/lists/lock' >&2; exit 100; }
`,
      { mode: 0o755 },
    );
  }
  const calls = (): string[] =>
    fs.readFileSync(path.join(node, 'calls'), 'utf8').trim().split('\n');

  test('are installed after another apt has released the lists', async () => {
    aptGet(2);
    expect(await run()).toEqual({ code: 0, told: '' });
    expect(calls().map((call) => / (update|install)\b/.exec(call)![1])).toEqual([
      'update',
      'update',
      'update',
      'install',
    ]);
    expect(calls().at(-1)).toMatch(/^1 .*Acquire::Retries=5.* some-package$/);
  });

  test('fail with apt’s own reason if they are not installed in time', async () => {
    aptGet(1000);
    const { code, told } = await run();
    expect(code).toBe(1);
    expect(told).toContain(
      'the packages some-package could not be installed in 4 s: E: Could not get lock',
    );
  }, 30_000);
});

test('every program that a node runs has an official download for both architectures', () => {
  const offered = officialDownloads('').map(({ name, architecture }) => `${name} ${architecture}`);
  each([...PROGRAMS.controller, ...PROGRAMS.worker], ({ name }) => {
    each(['amd64', 'arm64'], (architecture) => {
      expect(offered).toContain(`${name} ${architecture}`);
    });
  });
  each(officialDownloads(''), ({ url, digest }) => {
    expect(url).toMatch(/^https:/);
    expect(digest).toMatch(/^([0-9a-f]{64}|https:.*)$/);
  });
});

test('the official downloads are the programs that nodes use, and no others', () => {
  const names = officialDownloads('')
    .filter(({ architecture }) => architecture === 'arm64')
    .map(({ name }) => name);
  expect(names.sort()).toEqual(
    upstreamProjects
      .filter((one) => one.use.includes('node'))
      .flatMap((one) => one.programs)
      .sort(),
  );
  expect(names).not.toContain('pulumi');
});
