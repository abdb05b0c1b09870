import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { root } from '../../util/repo-root';
import type { StudentStatus } from '../../cli/classroom/status';
import { until } from '../support/until';
import { environment, inRouter, lab, labPrints, type Ran, run, state } from '../support/command';
import { alive, family } from '../support/killing';
import { slotOf, tracesOf } from '../support/leftovers';

/** Class of three labs on this host: created, verified, killed halfway, repaired, removed. */

const IDS = ['k01', 'k02', 'k03'];
const LABS = IDS.map((id) => `local-${id}`);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-class-'));
const SMALL = { controllers: 1, workers: 1, stage: 'none' };

jest.setTimeout(20 * 60_000);

/** Writes a roster of the three students; `overrides` has the config of single students. */
function roster(name: string, overrides: Record<string, object> = {}): string {
  const file = path.join(directory, name);
  fs.writeFileSync(
    file,
    stringify({
      defaults: { config: SMALL },
      students: IDS.map((id) => ({
        id,
        name: `Student ${id}`,
        ...(overrides[id] ? { config: overrides[id] } : {}),
      })),
    }),
  );
  return file;
}

const ROSTER = roster('students.yaml');

const standings = async (): Promise<StudentStatus[]> =>
  JSON.parse((await lab('class', 'status', ROSTER, '--json')).stdout) as StudentStatus[];
const statesOf = async (): Promise<string[]> =>
  (await standings()).map((one) => `${one.state} ${one.drift.length}`);

/** Starts a command that the test will kill. */
function started(...args: string[]): {
  child: ChildProcess;
  shown(): string;
  ended: Promise<number | null>;
} {
  const child = spawn('./lab', args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (more) => (text += more));
  child.stderr.on('data', (more) => (text += more));
  return {
    child,
    shown: () => text,
    ended: new Promise((resolve) => child.once('close', (code) => resolve(code))),
  };
}

const links = new Map<string, string>();

/** Lists the leftovers of the three labs. */
async function traces(): Promise<string[]> {
  return (await Promise.all(LABS.map((name) => tracesOf(name, links.get(name))))).flat();
}

function rememberLinks(): void {
  for (const name of LABS) links.set(name, slotOf(name)?.link ?? links.get(name) ?? '');
}

/** Starts `class up` and waits until one lab is up and the next is being created. */
async function midway(): Promise<ReturnType<typeof started>> {
  const up = started('class', 'up', ROSTER, '--parallel', '1');
  await until('the first lab is up', () => up.shown().includes('ok   k01'), 120);
  await until(
    'the second lab is being created',
    () => fs.existsSync(`/run/netns/hardway.${LABS[1]}.router`),
    120,
  );
  rememberLinks();
  return up;
}

afterAll(async () => {
  await lab('class', 'down', ROSTER, '--yes');
  for (const place of [state, directory]) fs.rmSync(place, { recursive: true, force: true });
});

describe('a class', () => {
  test('comes up with a public network for each lab, and a second up changes nothing', async () => {
    const output = await labPrints('class', 'up', ROSTER, '--parallel', '2');
    expect(output).toMatch(/3 of 3 labs are up\./);
    rememberLinks();
    expect(new Set(LABS.map((name) => slotOf(name)?.slot)).size).toBe(3);
    expect(
      (await labPrints('class', 'up', ROSTER, '--parallel', '3')).match(
        /as declared: nothing to change/g,
      ),
    ).toHaveLength(3);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });

  test('shows its last verification and the drift of a lab, with exit code 1', async () => {
    expect(await labPrints('class', 'verify', ROSTER)).toMatch(/3 of 3 labs pass all checks/);
    await inRouter(LABS[1], 'ip', 'route', 'del', '10.200.0.0/24');
    const ran = await lab('class', 'status', ROSTER);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/k01 .* up +2 of 2 +\d+ of \d+, 0 min ago +- /);
    expect(ran.stdout).toMatch(/2 of 3 labs are up without drift/);
    const [, changed] = await standings();
    expect(changed).toMatchObject({
      state: 'up',
      drift: [expect.stringMatching(/^route pod-route-worker-0: /)],
      verified: { failed: 0 },
    });
    await labPrints('class', 'up', ROSTER, '--only', 'k02');
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });

  test('reports the lab that can not follow a changed roster, and changes the others', async () => {
    const changed = roster('changed.yaml', {
      k01: { workers: 2 },
      k02: { controllers: 3 },
      k03: { workers: 2 },
    });
    const ran = await lab('class', 'up', changed, '--parallel', '2');
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /k02 \(local-k02\):\n {2}Lab local-k02 is up and can't take these changes; nothing was changed:\n {4}- controllers: 3 requested/,
    );
    expect(ran.stdout).toMatch(/2 of 3 labs are up; failed: k02\./);
    expect((await standings()).map(({ machines }) => machines.running)).toEqual([3, 2, 3]);
  });

  test('leaves nothing after class down, which audits the host', async () => {
    const output = await labPrints('class', 'down', ROSTER, '--yes', '--parallel', '3');
    expect(output).toMatch(
      /3 of 3 labs are gone\.[^]*Audit of this host: 3 labs without leftovers\./,
    );
    expect(await traces()).toEqual([]);
  });
});

describe('a disk that is full for one student', () => {
  // Only the directory of the nodes' disks, because other processes of the lab keep files open in its parent.
  const place = path.join(
    process.env.HARDWAY_CLOUD ?? '/var/lib/hardway',
    'labs',
    LABS[1],
    'nodes',
  );

  test('fails only that lab with the reason, and the next run with space creates it', async () => {
    fs.mkdirSync(place, { recursive: true, mode: 0o700 });
    expect(
      await run('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=755', 'tmpfs', place]),
    ).toMatchObject({ code: 0 });
    try {
      const ran = await lab('class', 'up', ROSTER, '--parallel', '1');
      expect(ran.code).toBe(1);
      expect(ran.stdout).toMatch(
        /k02 \(local-k02\):\n {2}The disk is full[^]*2 of 3 labs are up; failed: k02\./,
      );
    } finally {
      expect(await run('umount', [place])).toMatchObject({ code: 0 });
    }
    await labPrints('class', 'up', ROSTER, '--parallel', '1');
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
    rememberLinks();
    await labPrints('class', 'down', ROSTER, '--yes', '--parallel', '3');
    expect(await traces()).toEqual([]);
  });
});

describe('kill -9 in the middle of class up', () => {
  test('leaves no process after the next run, which finishes', async () => {
    const up = await midway();
    const all = family(up.child.pid!);
    process.kill(up.child.pid!, 'SIGKILL');
    await up.ended;
    // A run that starts immediately waits for the lab's lock.
    expect(await labPrints('class', 'up', ROSTER)).toMatch(/3 of 3 labs are up\./);
    expect(all.filter(alive)).toEqual([]);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
    await labPrints('class', 'down', ROSTER, '--yes', '--parallel', '3');
    expect(await traces()).toEqual([]);
  });

  test('of all its processes lets the next run finish', async () => {
    const up = await midway();
    for (const pid of family(up.child.pid!)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has ended already.
      }
    }
    await up.ended;
    expect(await labPrints('class', 'up', ROSTER)).toMatch(/3 of 3 labs are up\./);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });

  test("of one lab's process fails only that lab, and the next run finishes", async () => {
    await labPrints('class', 'down', ROSTER, '--yes', '--parallel', '3');
    const up = await midway();
    const worker = family(up.child.pid!).find((pid) =>
      fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cli/classroom/jobs/worker-main.ts'),
    )!;
    process.kill(worker, 'SIGKILL');
    expect(await up.ended).toBe(1);
    expect(up.shown()).toMatch(
      /k02 \(local-k02\):\n {2}The lab's process died \(SIGKILL\)[^]*2 of 3 labs are up; failed: k02\./,
    );
    await labPrints('class', 'up', ROSTER);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });
});

describe('Ctrl-C in the middle', () => {
  test('of class down ends the running lab, starts no other and says how to continue, and the next run leaves nothing', async () => {
    const down = started('class', 'down', ROSTER, '--yes');
    await until('the first is being removed', () => down.shown().includes('...  k01'), 60);
    down.child.kill('SIGINT');
    expect(await down.ended).toBe(130);
    expect(down.shown()).toMatch(
      /not begun[^]*Interrupted: \.\/lab class down is not finished for [^]*To do: \.\/lab class down \S+ continues from here/,
    );
    expect(fs.existsSync(`/run/netns/hardway.${LABS[2]}.router`)).toBe(true);
    expect(await labPrints('class', 'down', ROSTER, '--yes')).toMatch(
      /Audit of this host: 3 labs without leftovers/,
    );
    expect(await traces()).toEqual([]);
  });
});

describe('two class commands at once', () => {
  test('never work on one lab together: the second command waits for each lab and finds it up', async () => {
    const both = await Promise.all([lab('class', 'up', ROSTER), lab('class', 'up', ROSTER)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const made = both.flatMap(
      ({ stdout }) => stdout.match(/ is up: \d+ resources? created/g) ?? [],
    );
    expect(made).toHaveLength(3);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });
});

describe('another instructor on the same backend', () => {
  const other = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-other-'));
  const shared = {
    ...environment,
    PULUMI_BACKEND_URL: `file://${state}/backend?metadata=skip`,
    PULUMI_CONFIG_PASSPHRASE_FILE: path.join(state, 'passphrase'),
  };
  const asOther = (...args: string[]): Promise<Ran> =>
    run('./lab', args, { minutes: 10, env: { ...shared, HARDWAY_STATE: other } });
  afterAll(() => fs.rmSync(other, { recursive: true, force: true }));

  beforeAll(async () => expect((await asOther('setup')).code).toBe(0));

  test('sees the class, and up changes no lab', async () => {
    const ran = await asOther('class', 'status', ROSTER, '--json');
    expect(
      (JSON.parse(ran.stdout) as StudentStatus[]).map((one) => `${one.state} ${one.drift.length}`),
    ).toEqual(['up 0', 'up 0', 'up 0']);
    expect((await asOther('up', LABS[1])).stdout).toMatch(/is as declared: nothing to change/);
    expect((await asOther('class', 'up', ROSTER)).code).toBe(0);
    expect(await statesOf()).toEqual(['up 0', 'up 0', 'up 0']);
  });

  test('sees who has locked a lab', async () => {
    const locks = path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', LABS[0]);
    fs.mkdirSync(locks, { recursive: true });
    const lock = path.join(locks, '00000000-0000-4000-8000-000000000000.json');
    fs.writeFileSync(
      lock,
      JSON.stringify({
        pid: 4711,
        username: 'ada',
        hostname: 'elsewhere',
        timestamp: '2026-12-01T12:00:00Z',
      }),
    );
    const ran = await asOther('class', 'down', ROSTER, '--yes', '--parallel', '3');
    fs.rmSync(lock);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(
      /k01 \(local-k01\):\n {2}Lab local-k01 is in use by ada on elsewhere, process 4711/,
    );
    expect(ran.stdout).toMatch(/2 of 3 labs are gone; failed: k01\./);
    expect(await labPrints('class', 'down', ROSTER, '--yes')).toMatch(
      /Audit of this host: 3 labs without leftovers/,
    );
    expect(await traces()).toEqual([]);
  });
});
