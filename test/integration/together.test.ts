import * as fs from 'node:fs';
import { until } from '../support/until';
import { lab, labPrints, type Ran, state, withConfig } from '../support/command';
import { tracesOf } from '../support/leftovers';

/** Two commands at once on one lab: one works, the other refuses and names the first. */

const LAB = 'local-together';
const UP = ['up', LAB, '--yes', '--stage', 'none', ...withConfig({ controllers: 1, workers: 1 })];
const DOWN = ['down', LAB, '--yes'];

jest.setTimeout(20 * 60_000);

/** Reads a file of a process in /proc; '' if the process has ended. */
function readProcess(pid: string, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Lists the process ids of the engines that change the lab now, by their command lines. */
function enginesAtWork(): string[] {
  const engines = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const line = readProcess(pid, 'cmdline').split('\0').join(' ');
      return /^\S*pulumi (up|destroy|refresh) /.test(line) && line.includes(` ${LAB} `);
    });
  // A child that an engine has just forked has the engine's command line until it runs a plugin.
  const parent = (pid: string): string =>
    readProcess(pid, 'stat')
      .replace(/^.*\) \S /s, '')
      .split(' ')[0];
  return engines.filter((pid) => !engines.includes(parent(pid)));
}

/** Runs two commands at once. Returns their results and the greatest number of engines that worked at the same time. */
async function together(
  one: string[],
  other: string[],
  lead: () => Promise<unknown> = async () => undefined,
): Promise<{ ended: Ran[]; most: number }> {
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, enginesAtWork().length)), 20);
  const first = lab(...one);
  await lead();
  const ended = await Promise.all([first, lab(...other)]);
  clearInterval(watch);
  return { ended, most };
}

/** Expects that one command succeeded, and that the other refused and named the first. */
function oneRefused({ ended, most }: { ended: Ran[]; most: number }): void {
  const [well, refused] = [...ended].sort((a, b) => a.code - b.code);
  expect([well.code, refused.code, most]).toEqual([0, 3, 1]);
  expect(refused.stderr).toMatch(
    new RegExp(`Lab ${LAB} is in use by (\\./lab (up|down), process \\d+, since|another \\./lab)`),
  );
  expect(refused.stderr).toMatch(/To do: wait until that command ends/);
}

afterAll(async () => {
  await lab(...DOWN);
  fs.rmSync(state, { recursive: true, force: true });
});

const whole = async (): Promise<void> =>
  expect(JSON.parse(await labPrints('status', LAB, '--json'))).toMatchObject({
    state: 'up',
    differs: false,
  });

test('of two ups, one creates the lab and the other refuses', async () => {
  oneRefused(await together(UP, UP));
  await whole();
});

test('down refuses while up works, and up completes the lab', async () => {
  await labPrints(...DOWN);
  const running = together(UP, DOWN, () =>
    until('the engine of up is at work', () => enginesAtWork().length > 0, 60),
  );
  oneRefused(await running);
  await whole();
});

test('of two downs, one removes the lab without leftovers and the other refuses', async () => {
  oneRefused(await together(DOWN, DOWN));
  expect(await tracesOf(LAB)).toEqual([]);
});
