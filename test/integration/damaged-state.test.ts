import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { killedAt } from '../support/killing';
import { lab, labPrints, run, state } from '../support/command';
import { tracesOf } from '../support/leftovers';

/** A state that is cut off, locks of those that are gone, and plain Pulumi after a kill. */

const LAB = 'local-damaged';
const UP = ['up', LAB, '--yes', '--stage', 'none', '--set', 'controllers=1', '--set', 'workers=1'];
const FILE = path.join(state, 'backend/.pulumi/stacks/hardway-lab', `${LAB}.json`);
const LOCKS = path.join(state, 'backend/.pulumi/locks/organization/hardway-lab', LAB);

jest.setTimeout(20 * 60_000);

afterAll(async () => {
  await lab('down', LAB, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
});

const whole = async (): Promise<void> =>
  expect(JSON.parse(await labPrints('status', LAB, '--json'))).toMatchObject({
    state: 'up',
    differs: false,
  });

/** Cuts a file off in its middle, as a machine does that loses power while it writes. */
const cut = (file: string): void => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2));

/** A lock as an engine leaves it. */
function lock(pid: number, hostname: string): void {
  fs.mkdirSync(LOCKS, { recursive: true });
  fs.writeFileSync(
    path.join(LOCKS, 'left.json'),
    JSON.stringify({ pid, username: 'somebody', hostname, timestamp: '2026-11-22T12:00:00Z' }),
  );
}

describe('plain pulumi after a kill', () => {
  it('wants its lock cancelled, and then destroys all that the lab has here, also what no state knows of', async () => {
    expect(await killedAt(LAB, UP, { when: 'creating', of: /Instance/ }, 'all')).toMatchObject({
      hit: true,
    });
    const environment = (await labPrints('env')).trim().replace(/'/g, `'\\''`);
    const pulumi = (...words: string[]): ReturnType<typeof run> =>
      run('bash', [
        '-c',
        `eval '${environment}'; pulumi ${words.join(' ')} --stack ${LAB} --non-interactive`,
      ]);
    const refused = await pulumi('destroy', '--yes', '--skip-preview');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr + refused.stdout).toMatch(/pulumi cancel/);
    expect(await pulumi('cancel', '--yes')).toMatchObject({ code: 0 });
    expect(await pulumi('destroy', '--yes', '--skip-preview')).toMatchObject({ code: 0 });
    expect((await tracesOf(LAB)).filter((line) => !line.startsWith('state '))).toEqual([]);
    await labPrints('down', LAB, '--yes');
    expect(await tracesOf(LAB)).toEqual([]);
  });
});

describe('a state that is cut off', () => {
  it('is named with its cure by every command that reads it, and the next up goes on from the one before', async () => {
    await labPrints(...UP);
    cut(FILE);
    for (const command of [['status', LAB], ['list'], ['verify', LAB]]) {
      const ran = await lab(...command);
      expect({ command, code: ran.code }).toEqual({ command, code: 3 });
      expect(ran.stderr).toMatch(new RegExp(`state of lab ${LAB} is damaged: ${FILE} .*bytes`));
      expect(ran.stderr).toMatch(
        new RegExp(`To do: ./lab up ${LAB} goes on .* ./lab down ${LAB} removes`),
      );
    }
    const size = fs.statSync(FILE).size;
    expect(await labPrints(...UP)).toMatch(
      /kept as .*\.cut, and the one before its last step is used/,
    );
    expect(fs.statSync(`${FILE}.cut`).size).toBe(size);
    await whole();
  });

  it('without the one before: up refuses and leaves it as it is, down removes the lab all the same', async () => {
    cut(FILE);
    fs.rmSync(`${FILE}.bak`);
    const refused = await lab(...UP);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/is damaged.*\nTo do: \.\/lab down/),
    });
    expect(await labPrints('down', LAB, '--yes')).toMatch(
      /could not destroy it, so it is swept from this machine: The state of lab/,
    );
    expect(await tracesOf(LAB)).toEqual([]);
  });
});

describe('a lock', () => {
  it('of an engine that is dead is no obstacle', async () => {
    lock(2 ** 22 + 1, os.hostname());
    await labPrints(...UP);
    await whole();
  });

  it('of another machine, or of an engine that lives, stops both commands: exit 3, who it is, what to do', async () => {
    // Called pulumi, as an engine is.
    const program = path.join(state, 'pulumi');
    fs.copyFileSync('/bin/sleep', program);
    fs.chmodSync(program, 0o755);
    const engine = spawn(program, ['600'], { stdio: 'ignore' });
    try {
      for (const [pid, host] of [
        [4711, 'another-machine'],
        [engine.pid!, os.hostname()],
      ] as const) {
        lock(pid, host);
        // An up that has nothing to do asks no engine.
        for (const command of [
          ['up', LAB, '--yes', '--set', 'ipMasq=false'],
          ['down', LAB, '--yes'],
        ]) {
          const ran = await lab(...command);
          expect({ command, code: ran.code, stderr: ran.stderr }).toEqual({
            command,
            code: 3,
            stderr: expect.stringContaining(`somebody on ${host}, process ${pid}`),
          });
          expect(ran.stderr).toMatch(/To do: .*pulumi cancel --stack local-damaged/);
        }
      }
    } finally {
      engine.kill('SIGKILL');
    }
    // The second holder is dead now: the lab is as it was, and goes.
    await labPrints('down', LAB, '--yes');
    expect(await tracesOf(LAB)).toEqual([]);
  });
});
