import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../util/repo-root';
import { BenchLab, timed } from './lab';
import { median } from './measures';
import type { Bench } from './rounds';
import { succeed } from './succeed';
import { memory, processorTime, total } from './usage';
import { sum } from '../util/sum';

/** Ids of the students: as many labs as two cores can run. */
const IDS = ['bench-1', 'bench-2', 'bench-3', 'bench-4'];
const PARALLEL = [1, 2, 4];

/** Time limit of a class command: longer than four labs take on a busy host. */
const SECONDS = 900;
const IDLE_SECONDS = 30;

const labs = IDS.map((id) => new BenchLab(`local-${id}`));

const classOf = (roster: string, ...words: string[]): Promise<string> =>
  succeed(path.join(root, 'lab'), ['class', words[0], roster, '--yes', ...words.slice(1)], {
    seconds: SECONDS,
  });

/** Parses the seconds that each lab took from the last column of the summary. */
export const took = (printed: string): number[] =>
  [...printed.matchAll(/^bench-\d .* up +(?:(\d+) min )?(\d+(?:\.\d)?) s$/gm)].map(
    ([, minutes = '0', seconds]) => Number(minutes) * 60 + Number(seconds),
  );

/**
 * Measures memory and idle processor time of a lab while four labs are up: the mean of all four.
 */
async function measureUsage({ measures, say }: Bench): Promise<void> {
  say('memory and idle processor time of four labs');
  measures.add('class-memory', sum(labs.map(({ name }) => total(memory(name)))) / labs.length);
  const idle = await Promise.all(labs.map(({ name }) => processorTime(name, IDLE_SECONDS)));
  measures.add('class-idle', sum(idle.map(total)) / labs.length);
}

/**
 * Measures four labs: one after another by `up`, and several at a time by `class up`. Then
 * recreates one of the four.
 */
export async function classOfFour(bench: Bench): Promise<void> {
  const { measures, say } = bench;
  const roster = path.join(bench.directory, 'students.yaml');
  fs.writeFileSync(roster, `students:\n${IDS.map((id) => `  - id: ${id}\n`).join('')}`);
  try {
    say('four labs, one after another');
    const alone: number[] = [];
    for (const lab of labs) alone.push(await timed(() => lab.up()));
    measures.add('class-serial', sum(alone));
    measures.add('class-up', median(alone));
    await classOf(roster, 'down');
    for (const parallel of PARALLEL) {
      say(`four labs, ${parallel} at a time`);
      let printed = '';
      measures.add(
        `class-${parallel}`,
        await timed(
          async () => (printed = await classOf(roster, 'up', '--parallel', String(parallel))),
        ),
      );
      measures.add(`class-${parallel}-lab`, median(took(printed)));
      if (parallel === PARALLEL.at(-1)) {
        await measureUsage(bench);
        say('recreating one of four labs');
        measures.add('class-recreate', await labs[1].recreate());
      }
      await classOf(roster, 'down');
    }
  } finally {
    await classOf(roster, 'down');
  }
}

const TIMES = 10;

/** Recreates one lab ten times, to measure whether its memory grows. */
export async function recreates({ lab, measures, say }: Bench): Promise<void> {
  say('a lab to recreate ten times');
  await lab.up();
  measures.add('first-memory', total(memory(lab.name)));
  const seconds: number[] = [];
  for (let time = 1; time <= TIMES; time++) {
    say(`recreating, ${time} of ${TIMES}`);
    seconds.push(await lab.recreate());
  }
  measures.add('ten-recreates', median(seconds));
  measures.add('tenth-memory', total(memory(lab.name)));
  await lab.down();
}
