import * as fs from 'node:fs';
import { until } from '../support/until';
import { lab, labPrints, type Ran, state } from '../support/command';
import { tracesOf } from '../support/leftovers';

/** Two commands at once on one lab: one is at work, the other is told so and does nothing. */

const LAB = 'local-together';
const UP = ['up', LAB, '--yes', '--stage', 'none', '--set', 'controllers=1', '--set', 'workers=1'];
const DOWN = ['down', LAB, '--yes'];

jest.setTimeout(20 * 60_000);

/** What /proc says of a process; '' where it has ended. */
function told(pid: string, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Process ids of the engines that change the lab just now, by their command lines. */
function enginesAtWork(): string[] {
  const engines = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      const line = told(pid, 'cmdline').split('\0').join(' ');
      return /^\S*pulumi (up|destroy|refresh) /.test(line) && line.includes(` ${LAB} `);
    });
  // A child that an engine has just forked has its command line until it becomes a plugin.
  const parent = (pid: string): string =>
    told(pid, 'stat')
      .replace(/^.*\) \S /s, '')
      .split(' ')[0];
  return engines.filter((pid) => !engines.includes(parent(pid)));
}

/** Runs two commands at once; returns what each ended with, and the greatest number of engines that were at work together. */
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

/** One did what it should; the other refused, and said who is at work. */
function oneRefused({ ended, most }: { ended: Ran[]; most: number }): void {
  const [well, refused] = [...ended].sort((a, b) => a.code - b.code);
  expect([well.code, refused.code, most]).toEqual([0, 3, 1]);
  expect(refused.stderr).toMatch(
    new RegExp(
      `Lab ${LAB} is being worked on by (\\./lab (up|down), process \\d+, since|another \\./lab)`,
    ),
  );
  expect(refused.stderr).toMatch(/To do: wait until that ends/);
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

it('up and up: one makes it', async () => {
  oneRefused(await together(UP, UP));
  await whole();
});

it('up and down: the up that came first goes on, and its lab is whole', async () => {
  await labPrints(...DOWN);
  const running = together(UP, DOWN, () =>
    until('the engine of up is at work', () => enginesAtWork().length > 0, 60),
  );
  oneRefused(await running);
  await whole();
});

it('down and down: one removes it, and nothing is left', async () => {
  oneRefused(await together(DOWN, DOWN));
  expect(await tracesOf(LAB)).toEqual([]);
});
