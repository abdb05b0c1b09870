import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const launcher = path.resolve(__dirname, '../../lab');
let checkout: string;

/** A program of the test's own, first on PATH. */
function program(name: string, script: string): void {
  fs.writeFileSync(path.join(checkout, 'bin-of-test', name), `#!/bin/sh\n${script}\n`, {
    mode: 0o755,
  });
}

/** Runs the launcher in a scratch checkout, in which `npm` and what it starts only say what they were asked. */
function lab(
  words: string[],
  environment: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(path.join(checkout, 'lab'), words, {
    encoding: 'utf8',
    cwd: os.tmpdir(),
    env: {
      HOME: checkout,
      PATH: `${path.join(checkout, 'bin-of-test')}:/usr/bin:/bin`,
      ...environment,
    },
  });
}

beforeEach(() => {
  checkout = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-launcher-'));
  fs.mkdirSync(path.join(checkout, 'bin-of-test'));
  fs.copyFileSync(launcher, path.join(checkout, 'lab'));
  fs.mkdirSync(path.join(checkout, 'bin'));
  fs.copyFileSync(path.resolve(launcher, '../bin/node.sh'), path.join(checkout, 'bin/node.sh'));
  fs.writeFileSync(path.join(checkout, 'package-lock.json'), '{}');
  // Answers the version question well, and otherwise prints what it was asked.
  program('node', 'if [ "$1" = -e ]; then echo "$0"; exit 0; fi; echo "node in $PWD: $*"');
  program(
    'npm',
    `echo "npm $*" >> "${checkout}/npm.log"; mkdir -p node_modules; echo '{}' > node_modules/.package-lock.json`,
  );
  program('id', 'echo 0');
});

afterEach(() => fs.rmSync(checkout, { recursive: true }));

const npmCalls = (): number => {
  const log = path.join(checkout, 'npm.log');
  return fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n').length : 0;
};

const age = (file: string, seconds: number): void =>
  fs.utimesSync(path.join(checkout, file), seconds, seconds);

describe('./lab', () => {
  test('installs the npm packages where there are none, says so on standard error, and starts the command where the caller is', () => {
    const result = lab(['list', '--json']);
    expect(npmCalls()).toBe(1);
    expect(result.stderr).toMatch(/npm packages/);
    expect(result.stdout).toBe(
      `node in ${fs.realpathSync(os.tmpdir())}: ${fs.realpathSync(checkout)}/bin/run.cjs cli/main.ts list --json\n`,
    );
  });

  test('installs nothing when they are there, and says nothing', () => {
    lab(['list']);
    const second = lab(['list']);
    expect(npmCalls()).toBe(1);
    expect(second.stderr).toBe('');
  });

  test('installs them again when package-lock.json is newer, once', () => {
    lab(['list']);
    age('node_modules/.package-lock.json', 1_000_000_000);
    lab(['list']);
    lab(['list']);
    expect(npmCalls()).toBe(2);
  });

  test('ends with 3 and what npm said where npm fails', () => {
    program('npm', 'echo "no registry" >&2; exit 1');
    const result = lab(['list']);
    expect(result.status).toBe(3);
    expect(result.stderr).toMatch(/no registry[\s\S]*npm ci failed/);
  });

  test("finds what only root runs, which an ordinary user's PATH lacks on Debian", () => {
    program('node', 'if [ "$1" = -e ]; then echo "$0"; exit 0; fi; echo "PATH is $PATH"');
    expect(lab(['list']).stdout).toMatch(
      /:\/usr\/bin:\/bin:\/usr\/local\/sbin:\/usr\/sbin:\/sbin$/m,
    );
    const own = `${path.join(checkout, 'bin-of-test')}:/usr/sbin:/usr/bin:/bin`;
    expect(lab(['list'], { PATH: own }).stdout).toContain(`:${own}\n`);
  });

  test('says in one sentence that TMPDIR does not exist, before it installs anything', () => {
    const TMPDIR = path.join(checkout, 'missing');
    expect(lab(['list'], { TMPDIR })).toMatchObject({
      status: 3,
      stdout: '',
      stderr:
        `Temporary files cannot be created: TMPDIR is set to ${TMPDIR}, which is no directory.\n` +
        'Set TMPDIR to a directory that is writable, or unset it, then start again.\n',
    });
    expect(npmCalls()).toBe(0);
  });

  test('accepts a TMPDIR with blanks', () => {
    const TMPDIR = path.join(checkout, 'my tmp');
    fs.mkdirSync(TMPDIR);
    expect(lab(['list'], { TMPDIR }).stdout).toMatch(/^node in .* list$/m);
  });

  describe('when not root', () => {
    beforeEach(() => {
      program('id', 'echo 1000');
      program('sudo', `echo "sudo $*"; env | grep -E "^HARDWAY_" | sort`);
    });

    test("becomes root by sudo, with the caller's own places and PATH, and no value of a variable in the arguments", () => {
      const { stdout } = lab(['up'], { PULUMI_CONFIG_PASSPHRASE: 'secret-word' });
      expect(stdout).toMatch(
        /^sudo -n --preserve-env=\S+ -- env PATH=\S+ HARDWAY_ELEVATED=1 .* \S+\/lab up$/m,
      );
      expect(stdout).toContain(`HARDWAY_STATE=${checkout}/.local/state/hardway`);
      expect(stdout).toContain(`HARDWAY_CACHE=${checkout}/.cache/hardway`);
      expect(stdout).toMatch(/--preserve-env=\S*PULUMI_CONFIG_PASSPHRASE/);
      expect(stdout).not.toContain('secret-word');
    });

    test.each([
      ['--help'],
      ['help'],
      ['--version'],
      ['up --help'],
      ['ssh -h'],
      ['class --help'],
      ['class up --help'],
    ])('stays who it is for %s', (words) => {
      expect(lab(words.split(' ')).stdout).toMatch(/^node in /);
    });

    test.each([
      ['up aws'],
      ['up gcp-s01 --yes'],
      ['up --stage none --set workers=2 aws'],
      ['up --yes aws'],
      ['ssh aws worker-0'],
      ['kubectl gcp -- get nodes'],
      ['extend aws-s01 2h'],
      ['reset aws --node worker-1'],
      ['doctor --cloud aws'],
      ['doctor --cloud=gcp --set workers=2'],
      ['audit aws'],
      ['setup --cloud aws'],
      ['env'],
      ['test'],
      ['class up students.yaml'],
      ['list'],
      ['reap --yes'],
    ])('stays the caller, who has the credentials, for %s', (words) => {
      const { stdout } = lab(words.split(' '), {
        HARDWAY_CLOUD: path.join(checkout, 'no-cloud'),
        HARDWAY_HOST: path.join(checkout, 'no-host'),
      });
      expect(stdout).toMatch(new RegExp(`^node in .* cli/main.ts ${words}\n$`));
    });

    test('hands a command on a cloud lab the home and the cloud variables of the caller', () => {
      program(
        'node',
        'if [ "$1" = -e ]; then echo "$0"; exit 0; fi; env | grep -E "^(HOME|AWS|CLOUDSDK)"',
      );
      // ~/.aws, its SSO cache and gcloud's login are in the home.
      const clouds = { AWS_PROFILE: 'ada', CLOUDSDK_CONFIG: '/home/ada/gcloud' };
      const expected = [...Object.entries(clouds), ['HOME', checkout]]
        .map(([name, value]) => `${name}=${value}`)
        .sort();
      const printed = ['up aws', 'down gcp-s01'].map((words) =>
        lab(words.split(' '), clouds).stdout.trim().split('\n').sort(),
      );
      expect(printed).toEqual([expected, expected]);
    });

    test('becomes root for list and reap in the home of the caller, if the host has local labs', () => {
      for (const words of ['list --json', 'reap --yes']) {
        const { stdout } = lab(words.split(' '), { HARDWAY_CLOUD: checkout });
        expect(stdout).toMatch(
          /^sudo -n .* env PATH=\S+ HOME=\S+ .*\/lab (list --json|reap --yes)$/m,
        );
        expect(stdout).toContain(` HOME=${checkout} `);
      }
    });

    test.each([
      ['root', / -- env PATH=\S+ HARDWAY_ELEVATED=1 .* \S+\/lab class up students\.yaml$/m],
      ['both', / -- env PATH=\S+ HOME=\S+ .*\/lab class up students\.yaml$/m],
    ])('becomes root for a class if the program asks for it: %s', (HARDWAY_PRIVILEGE, call) => {
      expect(lab(['class', 'up', 'students.yaml'], { HARDWAY_PRIVILEGE }).stdout).toMatch(call);
    });

    test('hands the editor and the width of the terminal to root', () => {
      const { stdout } = lab(['kubectl', '--', 'edit', 'pod', 'x'], {
        KUBE_EDITOR: 'sed -i s/1/2/',
        EDITOR: 'vi',
        VISUAL: 'vi',
        COLUMNS: '120',
        LC_MESSAGES: 'C',
        SHELL_SECRET: 'x',
      });
      const kept = /--preserve-env=(\S+)/.exec(stdout)![1].split(',');
      expect(kept).toEqual(
        expect.arrayContaining(['KUBE_EDITOR', 'EDITOR', 'VISUAL', 'COLUMNS', 'LC_MESSAGES']),
      );
      expect(kept).not.toContain('SHELL_SECRET');
    });

    test.each(['up', 'list'])(
      'hands the paths of labs to root for %s if sudo keeps no variable',
      (word) => {
        // sudo-rs 0.2.5 of Debian 13: "--preserve-env has not yet been implemented".
        program('sudo', 'echo "sudo $*"');
        const places = {
          HARDWAY_CLOUD: path.join(checkout, 'my cloud'),
          HARDWAY_HOST: '/var/host',
        };
        fs.mkdirSync(places.HARDWAY_CLOUD);
        expect(lab([word], places).stdout).toContain(
          ` HARDWAY_ELEVATED=1 HARDWAY_STATE=${checkout}/.local/state/hardway` +
            ` HARDWAY_CACHE=${checkout}/.cache/hardway HARDWAY_CLOUD=${places.HARDWAY_CLOUD}` +
            ' HARDWAY_HOST=/var/host ',
        );
      },
    );

    test('hands the editor to root if sudo keeps no variable', () => {
      program('sudo', 'echo "sudo $*"');
      const { stdout } = lab(['kubectl', '--', 'edit', 'pod', 'x'], {
        KUBE_EDITOR: 'sed -i s/1/2/',
        COLUMNS: '120',
        AWS_SECRET_ACCESS_KEY: 'hidden',
      });
      expect(stdout).toMatch(
        / -- env .* COLUMNS=120 KUBE_EDITOR=sed -i s\/1\/2\/ \S+\/lab kubectl /,
      );
      expect(stdout).not.toContain('hidden');
    });

    test('hands TMPDIR to root as an argument of env, because sudo never sees it', () => {
      const { stdout } = lab(['up'], { TMPDIR: os.tmpdir() });
      expect(stdout).toMatch(
        new RegExp(` -- env PATH=\\S+ .* TMPDIR=${os.tmpdir()} \\S+/lab up$`, 'm'),
      );
    });

    test('gives root the real Node, not a shim that needs the home of its user', () => {
      const real = path.join(checkout, 'versions', 'bin');
      fs.mkdirSync(real, { recursive: true });
      program('node', `if [ "$1" = -e ]; then echo "${real}/node"; exit 0; fi; exit 126`);
      fs.writeFileSync(path.join(real, 'node'), '#!/bin/sh\n', { mode: 0o755 });
      expect(lab(['up']).stdout).toMatch(new RegExp(` env PATH=${real}:`));
    });

    (process.getuid?.() === 0 ? test : test.skip)(
      'takes back what root left in the state before it starts a lab in a cloud',
      () => {
        fs.mkdirSync(path.join(checkout, '.local/state/hardway'), { recursive: true });
        program('sudo', `echo "sudo $*" >> "${checkout}/sudo.log"`);
        const { stdout } = lab(['status', 'aws']);
        expect(fs.readFileSync(path.join(checkout, 'sudo.log'), 'utf8')).toMatch(
          /^sudo -n -- env HARDWAY_ELEVATED=1 HARDWAY_STATE=\S+ HARDWAY_CACHE=\S+ \S+ \S+\/bin\/run\.cjs cli\/take-back\.ts\n$/,
        );
        expect(stdout).toMatch(/^node in .* status aws$/m);
      },
    );

    test.each([
      ['start'],
      ['up s01'],
      ['up --set region=aws'],
      ['ssh worker-0 df -h'],
      ['ssh -- worker-0 ls --help'],
      ['kubectl -- get -h'],
    ])('becomes root for %s', (words) => {
      expect(lab(words.split(' ')).stdout).toContain(`/lab ${words}\n`);
    });

    test("makes what state and cache lie in itself, so that it is not root's, but nothing for doctor", () => {
      lab(['doctor']);
      expect(fs.existsSync(path.join(checkout, '.cache'))).toBe(false);
      lab(['up']);
      expect(fs.readdirSync(path.join(checkout, '.local/state'))).toEqual([]);
      expect(fs.readdirSync(path.join(checkout, '.cache'))).toEqual([]);
    });

    test('ends with 3 and what sudo said where sudo refuses', () => {
      program('sudo', 'echo "sudo: a password is required" >&2; exit 1');
      const result = lab(['up']);
      expect(result.status).toBe(3);
      expect(result.stderr).toMatch(/needs root[\s\S]*a password is required[\s\S]*on a terminal/);
    });

    test('asks sudo once only', () => {
      const result = lab(['up'], { HARDWAY_ELEVATED: '1' });
      expect(result.status).toBe(3);
      expect(result.stderr).toMatch(/sudo gave no root/);
    });
  });
});
