import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { killedAt } from '../support/killing';
import { lab, labPrints, run, state, withConfig } from '../support/command';
import { tracesOf } from '../support/leftovers';

/** Truncated state files, locks of dead engines, and plain Pulumi after a kill. */

const LAB = 'local-damaged';
const UP = ['up', LAB, '--yes', '--stage', 'none', ...withConfig({ controllers: 1, workers: 1 })];
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

/** Truncates a file to half its size, like a host that loses power while it writes. */
const cut = (file: string): void => fs.truncateSync(file, Math.floor(fs.statSync(file).size / 2));

/** Writes a lock like a killed engine's. */
function lock(pid: number, hostname: string): void {
  fs.mkdirSync(LOCKS, { recursive: true });
  fs.writeFileSync(
    path.join(LOCKS, 'left.json'),
    JSON.stringify({ pid, username: 'teacher', hostname, timestamp: '2026-11-22T12:00:00Z' }),
  );
}

describe('plain pulumi after a kill', () => {
  test('needs pulumi cancel, and then destroys all resources on the host, even those that the state lacks', async () => {
    expect(await killedAt(LAB, UP, [{ when: 'creating', of: /Instance/ }], 'all')).toMatchObject({
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

describe('a truncated state file', () => {
  test('is named with the repair by every command that reads it, and the next up continues from the backup', async () => {
    await labPrints(...UP);
    cut(FILE);
    for (const command of [['status', LAB], ['list'], ['verify', LAB]]) {
      const ran = await lab(...command);
      expect({ command, code: ran.code }).toEqual({ command, code: 3 });
      expect(ran.stderr).toMatch(new RegExp(`state of lab ${LAB} is damaged: ${FILE} .*bytes`));
      expect(ran.stderr).toMatch(
        new RegExp(`To do: ./lab up ${LAB} continues .* ./lab down ${LAB} removes`),
      );
    }
    const size = fs.statSync(FILE).size;
    expect(await labPrints(...UP)).toMatch(
      /kept as .*\.cut, and the backup from before its last step is used/,
    );
    expect(fs.statSync(`${FILE}.cut`).size).toBe(size);
    await whole();
  });

  test('without a backup makes up refuse, and down still removes the lab', async () => {
    cut(FILE);
    fs.rmSync(`${FILE}.bak`);
    const refused = await lab(...UP);
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/is damaged.*\nTo do: \.\/lab down/),
    });
    expect(await labPrints('down', LAB, '--yes')).toMatch(
      /could not destroy the lab, so it is swept from this host: The state of lab/,
    );
    expect(await tracesOf(LAB)).toEqual([]);
  });
});

describe('a lock', () => {
  test('does not stop up if its engine is dead', async () => {
    lock(2 ** 22 + 1, os.hostname());
    await labPrints(...UP);
    await whole();
  });

  test('of another host or of a running engine stops up and down with exit code 3, its owner and what to do', async () => {
    // A process with the name of an engine.
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
        // An up without changes would not start the engine.
        for (const command of [
          ['up', LAB, '--yes', '--set', 'ipMasq=false'],
          ['down', LAB, '--yes'],
        ]) {
          const ran = await lab(...command);
          expect({ command, code: ran.code, stderr: ran.stderr }).toEqual({
            command,
            code: 3,
            stderr: expect.stringContaining(`teacher on ${host}, process ${pid}`),
          });
          expect(ran.stderr).toMatch(/To do: .*pulumi cancel --stack local-damaged/);
        }
      }
    } finally {
      engine.kill('SIGKILL');
    }
    // The second owner is dead now, so down works.
    await labPrints('down', LAB, '--yes');
    expect(await tracesOf(LAB)).toEqual([]);
  });
});
