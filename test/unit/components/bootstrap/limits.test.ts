import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { RECEIVE, SESSION_SECONDS } from '../../../../components/bootstrap/session';
import { root } from '../../../../util/repo-root';
import { source } from '../../../../components/bootstrap/step';

const PLACE = fs.readFileSync(path.join(root, 'components/bootstrap/place.sh'), 'utf8');

let node: string;
let bin: string;

beforeEach(() => {
  node = fs.mkdtempSync(path.join(os.tmpdir(), 'limits-'));
  bin = path.join(node, 'bin');
  for (const directory of ['bin', 'etc/hardway', 'opt/hardway/steps', 'var/lib', 'staging/steps'])
    fs.mkdirSync(path.join(node, directory), { recursive: true });
  write('opt/hardway/common.sh', source('ready/common.sh')!);
  write(
    'etc/hardway/node.env',
    'NODE_NAME=controller-0\nWORKERS="worker-0=10.240.0.20 worker-1=10.240.0.21"\n',
  );
});
afterEach(() => fs.rmSync(node, { recursive: true }));

const write = (name: string, text: string): void =>
  fs.writeFileSync(path.join(node, name), text, { mode: 0o755 });

/** Puts a program in front of those of the host. */
const program = (name: string, text: string): void => write(`bin/${name}`, `#!/bin/sh\n${text}\n`);

/** Turns a script's absolute paths to the directory that stands for the node. */
const here = (text: string): string =>
  text.replace(/(?<=[ ='"[]|^)\/(opt|etc|var|run)\//gm, `${node}/$1/`);

function run(script: string, ...args: string[]): SpawnSyncReturns<string> {
  write('script.sh', here(script));
  return spawnSync('bash', [path.join(node, 'script.sh'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    timeout: 30_000,
  });
}

describe('place.sh', () => {
  const staging = (): string => path.join(node, 'staging');
  const step = (name: string, script: string): void => {
    fs.appendFileSync(path.join(staging(), 'steps.list'), `${name}\n`);
    fs.mkdirSync(path.join(staging(), 'steps', name), { recursive: true });
    write(`staging/steps/${name}/units`, '\n');
    write(`opt/hardway/steps/${name}.sh`, script);
  };

  test('ends a step that does not finish, with its children, and names it', () => {
    const mark = `7${process.pid}.5`;
    step('certificates', 'true');
    step('artifacts', `sleep ${mark} & wait`);
    const { status, stderr } = run(PLACE, staging(), '2');
    expect(status).toBe(124);
    expect(stderr).toContain(
      'step artifacts did not finish: ended after 2 s, the limit of the whole session',
    );
    expect(spawnSync('pgrep', ['-f', `sleep ${mark}`]).status).toBe(1);
  });

  test('returns the exit status of a failed step, without a message about the limit', () => {
    step('artifacts', 'echo no disk >&2; exit 3');
    const { status, stderr } = run(PLACE, staging(), '20');
    expect([status, stderr]).toEqual([3, 'no disk\n']);
  });

  test('reports success of steps that end in time', () => {
    step('artifacts', 'true');
    const { status, stdout } = run(PLACE, staging(), '20');
    expect([status, stdout]).toEqual([0, 'artifacts: nothing to place\n']);
  });

  test('gets its limit from the command text, below the limit of the whole command', () => {
    expect(RECEIVE).toContain(`"$staging" ${SESSION_SECONDS}'`);
    const whole = Number(/timeout --kill-after=10 (\d+) /.exec(RECEIVE)![1]);
    expect(whole).toBeGreaterThan(SESSION_SECONDS + 10);
    // customTimeouts: 15 minutes, with some time for dialling.
    expect(whole).toBeLessThan(15 * 60 - 60);
  });
});

describe('ready.sh', () => {
  const script = (): string =>
    source('ready/ready.sh')!
      .replace('boot_limit=300', 'boot_limit=1')
      .replace(/^wait_until 60[^]*/m, 'echo booted');

  test('fails if the first boot does not end', () => {
    program('cloud-init', 'sleep 60');
    const { status, stderr } = run(script());
    expect(status).toBe(1);
    expect(stderr).toContain('controller-0: cloud-init has not finished after 1 s');
  });

  test('succeeds after a first boot that ended with a warning', () => {
    program('cloud-init', 'exit 2');
    expect(run(script())).toMatchObject({ status: 0, stdout: 'booted\n' });
  });
});

describe('private-nodes.sh', () => {
  const script = (): string =>
    source('private-nodes/private-nodes.sh')!
      .replace('limit=300', 'limit=1')
      .replace('settle=5', 'settle=0');

  test('succeeds when every worker’s sshd answers', () => {
    program('ssh-keyscan', `echo "$@" >> ${node}/asked; echo key`);
    expect(run(script())).toMatchObject({ status: 0, stderr: '' });
    const asked = fs.readFileSync(path.join(node, 'asked'), 'utf8');
    expect(asked).toMatch(/ 10\.240\.0\.20\n/);
    expect(asked).toMatch(/ 10\.240\.0\.21\n/);
  });

  test('names the worker with an sshd that does not answer', () => {
    program('ssh-keyscan', 'case "$*" in *10.240.0.21) exit 0 ;; *) echo key ;; esac');
    const { status, stderr } = run(script());
    expect(status).toBe(1);
    expect(stderr).toContain('worker-1 (10.240.0.21) has no SSH server after 1 s');
  });
});

test('controllers that download their programs wait longer for a majority', () => {
  const script = (): string =>
    `${source('quorum/quorum.sh')!.split('# healthy URL')[0]}\necho "$limit"`;
  expect(run(script()).stdout).toBe('600\n');
  fs.mkdirSync(path.join(node, 'opt/artifacts'));
  expect(run(script().replace('/opt/artifacts ]', '/opt/artifacts/ ]')).stdout).toBe('120\n');
});
