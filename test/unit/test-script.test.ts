import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const repository = path.resolve(__dirname, '../..');
let checkout: string;

/** Writes a program of the scratch checkout. */
function program(file: string, script: string): void {
  const place = path.join(checkout, file);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, `#!/bin/bash\n${script}\n`, { mode: 0o755 });
}

const read = (file: string): string => fs.readFileSync(path.join(checkout, file), 'utf8');

/**
 * Runs bin/test.sh in a scratch checkout, in which no program does anything. The tests on real labs
 * write their environment to the file `tests.env`.
 */
function runTests(environment: NodeJS.ProcessEnv = {}): ReturnType<typeof spawnSync> {
  return spawnSync(path.join(checkout, 'bin/test.sh'), {
    encoding: 'utf8',
    env: {
      HOME: checkout,
      PATH: `${path.join(checkout, 'programs')}:/usr/bin:/bin`,
      ...environment,
    },
  });
}

/** Returns the environment of the tests on real labs. */
const environmentOfTests = (): Map<string, string> =>
  new Map(
    read('tests.env')
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
  );

beforeEach(() => {
  checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-script-'));
  fs.mkdirSync(path.join(checkout, 'bin'));
  fs.copyFileSync(path.join(repository, 'bin/test.sh'), path.join(checkout, 'bin/test.sh'));
  program('bin/node.sh', `echo ${checkout}/programs/node`);
  for (const name of ['node', 'npm', 'python3', 'shellcheck']) program(`programs/${name}`, '');
  for (const name of ['lab', 'toolchain/host/install.sh']) program(name, '');
  program(
    'programs/npx',
    `case "$*" in *integration*) env -0 > ${checkout}/tests.env; cat > ${checkout}/tests.stdin;; esac`,
  );
  // As sudo-rs: neither -E nor --preserve-env keeps a variable.
  program(
    'programs/sudo',
    `echo "$*" >> ${checkout}/sudo.log
     while [ "\${1#-}" != "$1" ]; do shift; done
     exec env -i HOME=/root SUDO_UID=1000 PATH=/usr/bin:/bin "$@"`,
  );
});

afterEach(() => fs.rmSync(checkout, { recursive: true }));

describe('bin/test.sh', () => {
  test('gives root the PATH, cache and settings of the caller if sudo keeps no variable', () => {
    program('programs/id', 'echo 1000');
    const proxy = 'http://ada:secret word@proxy.test:3128';
    const ran = runTests({
      https_proxy: proxy,
      HARDWAY_TOOLCHAIN: 'download',
      TMPDIR: os.tmpdir(),
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const environment = environmentOfTests();
    expect(environment.get('PATH')).toMatch(
      new RegExp(`^${checkout}/programs:.*:/usr/sbin:/sbin$`),
    );
    expect(Object.fromEntries(environment)).toMatchObject({
      HARDWAY_CACHE: `${checkout}/.cache/hardway`,
      HARDWAY_TOOLCHAIN: 'download',
      TMPDIR: os.tmpdir(),
      https_proxy: proxy,
      // Files that root writes there would stop the caller's programs.
      HOME: '/root',
    });
    expect(read('tests.stdin')).toBe('');
    expect(read('sudo.log')).not.toContain('secret word');
  });

  test('keeps the cache directory of the caller', () => {
    program('programs/id', 'echo 1000');
    runTests({ XDG_CACHE_HOME: '/var/cache/ada' });
    expect(environmentOfTests().get('HARDWAY_CACHE')).toBe('/var/cache/ada/hardway');
    runTests({ HARDWAY_CACHE: '/srv/my cache' });
    expect(environmentOfTests().get('HARDWAY_CACHE')).toBe('/srv/my cache');
  });

  test('needs no sudo as root', () => {
    program('programs/id', 'echo 0');
    expect(runTests({ HARDWAY_TOOLCHAIN: 'download' })).toMatchObject({ status: 0, stderr: '' });
    expect(environmentOfTests().get('HARDWAY_TOOLCHAIN')).toBe('download');
    expect(fs.existsSync(path.join(checkout, 'sudo.log'))).toBe(false);
  });

  test('fails if the tests on real labs fail', () => {
    program('programs/id', 'echo 1000');
    program('programs/npx', 'case "$*" in *integration*) exit 1;; esac');
    expect(runTests()).toMatchObject({ status: 1 });
  });
});
