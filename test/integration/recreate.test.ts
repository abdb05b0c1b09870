import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import {
  asRoot,
  environment,
  inRouter,
  lab,
  labPrints,
  onNode,
  run,
  state,
  withConfig,
} from '../support/command';
import { killedAt } from '../support/killing';
import { slotOf, tracesOf } from '../support/leftovers';

/** Tests of `recreate`, `reset` and the expiry of labs. */

const LAB = 'local-remake';
const SMALL = ['--yes', '--stage', 'none', ...withConfig({ controllers: 1, workers: 1 })];
const FILE = path.join(state, 'backend/.pulumi/stacks/hardway-lab', `${LAB}.json`);
const RECORD = `${process.env.HARDWAY_CLOUD ?? '/var/lib/hardway'}/labs/${LAB}/expires`;
/** Environment of a command with a clock that is a day ahead. */
const TOMORROW = {
  ...environment,
  NODE_OPTIONS: `--require=${path.join(root, 'test/support/tomorrow.cjs')}`,
};

jest.setTimeout(20 * 60_000);

afterAll(async () => {
  await lab('down', LAB, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
});

interface Status {
  state: string;
  differs: boolean;
  nodes: { name: string; privateIp: string; publicIp: string }[];
}

const status = async (): Promise<Status> =>
  JSON.parse((await lab('status', LAB, '--json')).stdout) as Status;
const whole = async (): Promise<void> =>
  expect(await status()).toMatchObject({ state: 'up', differs: false });
const addresses = async (): Promise<string[]> =>
  (await status()).nodes.map(({ name, privateIp, publicIp }) => `${name} ${privateIp} ${publicIp}`);
const keys = (): string[] =>
  ['ssh_key', 'known_hosts'].map((name) =>
    fs.readFileSync(path.join(state, 'labs', LAB, name), 'utf8'),
  );
const mark = (...nodes: string[]): Promise<unknown> =>
  Promise.all(nodes.map((node) => asRoot(LAB, node, 'echo mine > /root/mine')));
const workerOfCoreDns = (): Promise<string> =>
  labPrints(
    'kubectl',
    LAB,
    '--',
    '--namespace=kube-system',
    'get',
    'pods',
    '--selector=k8s-app=kube-dns',
    '--output=jsonpath={.items[0].spec.nodeName}',
  );
const isMarked = async (node: string): Promise<boolean> =>
  (await asRoot(LAB, node, 'cat /root/mine 2> /dev/null || true')) !== '';

describe('a lab with changes of a student', () => {
  beforeAll(async () => {
    await labPrints(
      'up',
      LAB,
      '--yes',
      ...withConfig({ controllers: 1, workers: 2, expires: '8h' }),
    );
  });

  test('keeps addresses, keys and expiry in recreate, gets new nodes and passes every check', async () => {
    const before = [await addresses(), keys(), fs.readFileSync(RECORD, 'utf8')];
    await mark('controller-0', 'worker-0', 'worker-1');
    await labPrints('kubectl', LAB, '--', 'create', 'namespace', 'mine');
    expect(await labPrints('recreate', LAB, '--yes')).toMatch(
      /local-remake \(local\): 24 passed, 0 failed, 0 skipped/,
    );
    expect([await addresses(), keys(), fs.readFileSync(RECORD, 'utf8')]).toEqual(before);
    expect(await Promise.all(['controller-0', 'worker-0', 'worker-1'].map(isMarked))).toEqual([
      false,
      false,
      false,
    ]);
    expect(await labPrints('kubectl', LAB, '--', 'get', 'namespaces', '-o', 'name')).not.toContain(
      'mine',
    );
    await whole();
  });

  test('gets one new node in reset, and the other nodes stay untouched', async () => {
    // The worker with the CoreDNS pod: `reset` must also wait until DNS answers again.
    const workers = ['worker-0', 'worker-1'];
    const reset = await workerOfCoreDns();
    const kept = ['controller-0', ...workers.filter((name) => name !== reset)];
    await mark(...kept, reset);
    const booted = (): Promise<string[]> =>
      Promise.all(kept.map((node) => asRoot(LAB, node, 'stat -c %Y /proc/1')));
    const [before, known] = [await booted(), keys()];
    const printed = await labPrints('reset', LAB, '--node', reset, '--yes');
    expect(printed).toContain(`${reset} of lab local-remake is reset`);
    expect(printed).toMatch(/24 passed, 0 failed, 0 skipped/);
    expect(printed).not.toMatch(new RegExp(`node (${kept.join('|')}):`));
    expect(await Promise.all([...kept, reset].map(isMarked))).toEqual([true, true, false]);
    expect([await booted(), keys()]).toEqual([before, known]);
    await whole();
    await labPrints('down', LAB, '--yes');
  });
});

describe('recreate', () => {
  beforeAll(async () => {
    await labPrints('up', LAB, ...SMALL);
  });

  test('repairs a lab with dead nodes, no network and a stale lock', async () => {
    const before = [await addresses(), keys()];
    for (const node of ['controller-0', 'worker-0'])
      await run('ip', ['netns', 'del', `hardway.${LAB}.${node}`]);
    await run('ip', ['netns', 'del', `hardway.${LAB}.router`]);
    await run('pkill', ['-KILL', '-f', `systemd-nspawn .*/${LAB}/`]);
    await run('ip', ['link', 'del', slotOf(LAB)!.link]);
    const locks = path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', LAB);
    fs.mkdirSync(locks, { recursive: true });
    fs.writeFileSync(
      path.join(locks, 'left.json'),
      JSON.stringify({
        pid: 2 ** 22 + 1,
        username: 'somebody',
        hostname: os.hostname(),
        timestamp: '2026-11-22T12:00:00Z',
      }),
    );
    await labPrints('recreate', LAB, '--yes');
    expect([await addresses(), keys()]).toEqual(before);
    await whole();
  });

  test('is completed by the next recreate or up after a kill', async () => {
    const before = [await addresses(), keys()];
    expect(
      await killedAt(
        LAB,
        ['recreate', LAB, '--yes'],
        [{ when: 'creating', of: /Instance/ }],
        'all',
      ),
    ).toMatchObject({ hit: true });
    await labPrints('up', LAB, '--yes');
    expect([await addresses(), keys()]).toEqual(before);
    await whole();
    expect(
      await killedAt(LAB, ['recreate', LAB, '--yes'], [{ when: 'locked' }], 'engine'),
    ).toMatchObject({ hit: true });
    await labPrints('recreate', LAB, '--yes');
    expect([await addresses(), keys()]).toEqual(before);
    await whole();
  });

  test('continues from the backup of a truncated state, and without a backup reports new keys', async () => {
    const before = [await addresses(), keys()];
    const cut = (): void => fs.truncateSync(FILE, Math.floor(fs.statSync(FILE).size / 2));
    cut();
    expect(await labPrints('recreate', LAB, '--yes')).toMatch(
      /damaged.* the backup from before its last step is used/,
    );
    expect([await addresses(), keys()]).toEqual(before);
    cut();
    fs.rmSync(`${FILE}.bak`);
    expect(await labPrints('recreate', LAB, '--yes')).toMatch(/damaged.* The lab gets new keys/);
    expect(await addresses()).toEqual(before[0]);
    expect(keys()[0]).not.toBe(before[1][0]);
    await whole();
  });

  test('refuses a lab in use, and deletes no resource', async () => {
    const program = path.join(state, 'pulumi');
    fs.copyFileSync('/bin/sleep', program);
    const engine = spawn(program, ['600'], { stdio: 'ignore' });
    const ended = once(engine, 'exit');
    try {
      fs.writeFileSync(
        path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', LAB, 'held.json'),
        JSON.stringify({
          pid: engine.pid,
          username: 'ada',
          hostname: os.hostname(),
          timestamp: '2026-11-22T12:00:00Z',
        }),
      );
      expect(await lab('recreate', LAB, '--yes')).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/in use by ada/),
      });
      expect((await onNode(LAB, 'worker-0', 'hostname')).stdout).toBe('worker-0\n');
    } finally {
      engine.kill('SIGKILL');
      await ended;
    }
    await whole();
  });

  test('refuses a lab that does not exist', async () => {
    expect(await lab('recreate', 'local-nobody', '--yes')).toMatchObject({
      code: 3,
      stderr:
        'Lab local-nobody does not exist.\nTo do: ./lab up local-nobody creates it; ./lab list shows existing labs\n',
    });
    expect(await tracesOf('local-nobody')).toEqual([]);
  });
});

describe('the expiry of a lab', () => {
  test('moves with extend, which repairs no drift', async () => {
    expect(await lab('extend', LAB, '2h')).toMatchObject({
      code: 2,
      stderr: `Lab ${LAB} never expires.\nTo do: ./lab up ${LAB} --set expires=2h sets an expiry\n`,
    });
    await labPrints('up', LAB, '--yes', '--set', 'expires=2h');
    const before = Date.parse(fs.readFileSync(RECORD, 'utf8'));
    await inRouter(LAB, 'ip', 'route', 'del', '10.200.0.0/24');
    await labPrints('extend', LAB, '90m');
    expect(Date.parse(fs.readFileSync(RECORD, 'utf8')) - before).toBe(90 * 60_000);
    expect(await inRouter(LAB, 'ip', 'route')).not.toContain('10.200.0.0/24');
    expect(await labPrints('reap', '--yes')).toBe('No lab has expired.\n');
  });

  test('lets reap remove the lab without leftovers', async () => {
    const expires = fs.readFileSync(RECORD, 'utf8').trim();
    const due = await run('./lab', ['reap', '--dry-run', '--json'], { env: TOMORROW });
    expect(JSON.parse(due.stdout)).toEqual([{ lab: LAB, expires, outcome: 'due' }]);
    const { link } = slotOf(LAB)!;
    expect(await run('./lab', ['reap', '--yes'], { env: TOMORROW })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`local-remake +${expires} +gone`)),
    });
    expect(await tracesOf(LAB, link)).toEqual([]);
  });

  test('is also on record at the host, so that reap finds the lab without its state', async () => {
    await labPrints('up', LAB, ...SMALL, '--set', 'expires=2h');
    const expires = fs.readFileSync(RECORD, 'utf8').trim();
    const { link } = slotOf(LAB)!;
    const elsewhere = {
      minutes: 5,
      env: { ...TOMORROW, HARDWAY_STATE: path.join(state, 'elsewhere') },
    };
    expect(await run('./lab', ['setup'], elsewhere)).toMatchObject({ code: 0 });
    const ran = await run('./lab', ['reap', '--yes'], elsewhere);
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`local-remake +${expires} +gone`)),
    });
    expect((await tracesOf(LAB, link)).filter((line) => !line.startsWith('state '))).toEqual([]);
  });
});
