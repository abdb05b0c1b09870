import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { groupOf, isVersion2, readSetting } from '../../provider/local/shared/cgroups';
import { labDirectory, nodeDirectory } from '../../provider/local/shared/names';
import { root } from '../../util/repo-root';
import {
  asRoot,
  environment,
  failures,
  inRouter,
  lab,
  labPrints,
  state,
  verify,
  withConfig,
} from '../support/command';
import { family } from '../support/killing';
import { until } from '../support/until';

const LAB = 'local-saved';
const NODES = ['controller-0', 'worker-0', 'worker-1'];
const MARKER = '/root/later-work';

jest.setTimeout(10 * 60_000);

const restoring = (file: string): string => path.join(labDirectory(LAB), 'restoring', file);
const saving = (file: string): string => path.join(labDirectory(LAB), 'checkpoints/.saving', file);
const kubectl = (...args: string[]): Promise<string> => labPrints('kubectl', LAB, '--', ...args);

/** Lists the nodes with a disk that has the marker of work after the save. */
const marked = (): string[] =>
  NODES.filter((node) => fs.existsSync(path.join(nodeDirectory(LAB, node), 'upper', MARKER)));

/** Does work on every node that a restore removes. */
const work = async (): Promise<void> => {
  for (const node of NODES) await asRoot(LAB, node, `echo work > ${MARKER}`);
};

const isPaused = (): boolean =>
  isVersion2()
    ? readSetting(groupOf(LAB), 'cgroup.freeze') === '1'
    : readSetting(groupOf(LAB), 'freezer.state') !== 'THAWED';

/**
 * Runs `./lab ARGS` and kills it when `moment` has come: with all its helpers, or the command only.
 * Returns whether the moment came before the command ended.
 */
async function killedWhen(
  moment: () => boolean,
  victim: 'all' | 'command',
  ...args: string[]
): Promise<boolean> {
  const child = spawn('./lab', args, { cwd: root, env: environment, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let hit = false;
  while (!hit && child.exitCode === null) {
    hit = moment();
    if (!hit) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (hit)
    for (const pid of victim === 'all' ? family(child.pid!) : [child.pid!])
      process.kill(pid, 'SIGKILL');
  await ended;
  return hit;
}

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
  await kubectl('create', 'deployment', 'web', '--image=nginx');
  await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=60s');
  await labPrints('save', LAB, 'before', '--yes');
});

afterAll(async () => {
  const down = await lab('down', LAB, '--yes');
  expect(down).toMatchObject({ code: 0 });
  expect(down.stdout).not.toContain('in no state');
  expect(fs.existsSync(labDirectory(LAB))).toBe(false);
  fs.rmSync(state, { recursive: true, force: true });
});

test('a restore returns disks, cluster and router to the save, and every check passes', async () => {
  await work();
  await kubectl('delete', 'deployment', 'web');
  await inRouter(LAB, 'ip', 'route', 'del', '10.200.1.0/24');
  await inRouter(LAB, 'nft', 'flush', 'chain', 'inet', 'vpc', 'firewall');
  await inRouter(LAB, 'ip', 'address', 'add', '192.0.2.1/32', 'dev', 'vpc');

  const started = Date.now();
  const printed = await labPrints('restore', LAB, 'before', '--yes');
  expect(printed).toMatch(/is restored to checkpoint before, in/);
  expect(printed).not.toMatch(/Not ready|Not restored/);
  process.stderr.write(`restore took ${(Date.now() - started) / 1000} s\n`);

  expect(marked()).toEqual([]);
  expect(await kubectl('get', 'deployment', 'web', '-o', 'name')).toContain('deployment.apps/web');
  expect(await inRouter(LAB, 'ip', 'address', 'show', 'dev', 'vpc')).not.toContain('192.0.2.1');
  const report = await verify(LAB);
  expect(failures(report)).toEqual([]);
  expect(report).toMatchObject({ passed: 24, failed: 0, skipped: 0 });
  expect(await labPrints('up', LAB, '--yes')).toMatch(/is as declared: nothing to change/);
});

describe('a killed save', () => {
  test('leaves the lab running if only the command was killed: its helper continues the lab', async () => {
    expect(await killedWhen(isPaused, 'command', 'save', LAB, 'second', '--yes')).toBe(true);
    await until('the lab continues', () => !isPaused(), 5);
  });

  test('leaves no second checkpoint, and the next command continues the lab and removes the rest', async () => {
    const moment = (): boolean => isPaused() && fs.existsSync(saving('nodes'));
    expect(await killedWhen(moment, 'all', 'save', LAB, 'second', '--yes')).toBe(true);
    await labPrints('save', LAB, 'third', '--yes');
    expect(isPaused()).toBe(false);
    const listed = JSON.parse(await labPrints('checkpoints', LAB, '--json')) as { label: string }[];
    expect(listed.map(({ label }) => label)).toEqual(['before', 'third']);
    expect(fs.existsSync(saving(''))).toBe(false);
    await labPrints('checkpoints', LAB, '--delete', 'third', '--yes');
  });
});

describe('a killed restore', () => {
  test('changes nothing before its journal', async () => {
    await work();
    const moment = (): boolean => fs.existsSync(restoring('nodes'));
    expect(await killedWhen(moment, 'all', 'restore', LAB, 'before', '--yes')).toBe(true);
    expect(fs.existsSync(restoring('journal.json'))).toBe(false);
    await labPrints('save', LAB, 'later', '--yes');
    expect(marked()).toEqual(NODES);
    expect(fs.existsSync(restoring(''))).toBe(false);
  });

  test.each([
    ['when the journal is written', () => fs.existsSync(restoring('journal.json'))],
    [
      'when the disks are replaced',
      () => fs.existsSync(restoring('journal.json')) && !fs.existsSync(restoring('nodes')),
    ],
    [
      'when a node starts',
      () =>
        fs.existsSync(restoring('journal.json')) &&
        !fs.existsSync(restoring('nodes')) &&
        fs.existsSync(path.join(nodeDirectory(LAB, 'worker-1'), 'console.log')),
    ],
  ])('is completed by the next command: %s', async (_when, moment) => {
    expect(await killedWhen(moment, 'all', 'restore', LAB, 'before', '--yes')).toBe(true);
    const refused = await lab('verify', LAB);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/A restore of lab .* to checkpoint before is under way/);
    // The next restore first completes the interrupted one.
    const printed = await labPrints('restore', LAB, 'later', '--yes');
    expect(printed).toMatch(/the interrupted restore of checkpoint before is complete/);
    expect(marked()).toEqual(NODES);
    expect(fs.existsSync(restoring(''))).toBe(false);
  });

  test('leaves a lab that passes every check', async () => {
    expect(failures(await verify(LAB))).toEqual([]);
  });
});

test('a restore is refused, with the command that makes it fit, after the config has changed', async () => {
  await labPrints('up', LAB, '--yes', '--set', 'adminCidrs=198.18.0.0/15,192.0.2.0/24');
  const ran = await lab('restore', LAB, 'before', '--yes');
  expect(ran.code).toBe(3);
  expect(ran.stderr).toMatch(/does not fit lab .*: adminCidrs was .* and is .* now/);
  expect(ran.stderr).toMatch(/To do: \.\/lab up .* --set adminCidrs=198\.18\.0\.0\/15, then/);
});
