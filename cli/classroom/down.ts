import { leftovers } from '../../provider/local/workspace/sweep';
import { slotOf } from '../../provider/local/shared/slots';
import { accountConfig, accountOf } from '../account/account';
import { EXIT } from '../errors';
import { inWords, since } from '../ui/duration';
import { confirm, print } from '../ui/prompt';
import { ClassBoard } from './progress-board';
import { childJob } from './jobs/worker-process';
import { runCrew } from './jobs/runner';
import type { Student } from './roster';
import { type Deed, exitCode, summary } from './summary';

/** How many labs are taken down at a time. */
export const DOWN_AT_ONCE = 1;

export interface DownOptions {
  parallel?: number;
  yes?: boolean;
  /** What to type to go on. */
  again: string;
}

/** What machine or cloud still has of a student's lab, a line each; the state is not asked. */
async function left({ lab, settings }: Student): Promise<string[]> {
  if (lab.cloud === 'local') {
    const slot = slotOf(lab.stack);
    return [
      ...(await leftovers(lab.stack)),
      ...(slot ? [`public network ${slot.slot} of ${slot.pool}`] : []),
    ];
  }
  try {
    const found = await accountOf(accountConfig(lab, settings)).remains(lab.stack);
    return found.map(
      ({ kind, id, hourly }) => `${kind} ${id}${hourly ? `, $${hourly.toFixed(4)} an hour` : ''}`,
    );
  } catch (error) {
    return [`nobody knows: ${(error as Error).message}`];
  }
}

/** Where it is looked, in words. */
function places(students: Student[]): string {
  const clouds = [...new Set(students.map(({ lab }) => lab.cloud))];
  return clouds
    .map((cloud) => (cloud === 'local' ? 'this machine' : cloud.toUpperCase()))
    .join(' and ');
}

/** Asks machine and clouds what is left of these labs, and prints it; whether nothing is. */
export async function audit(students: Student[]): Promise<boolean> {
  const found = await Promise.all(
    students.map(async (student) => ({ student, lines: await left(student) })),
  );
  const labs = `${students.length} ${students.length === 1 ? 'lab' : 'labs'}`;
  const kept = found.filter(({ lines }) => lines.length > 0);
  if (kept.length === 0) print(`Audit of ${places(students)}: nothing of ${labs} is left.`);
  else
    print(
      `Audit of ${places(students)}: of ${labs}, this is left:\n${kept.map(({ student, lines }) => lines.map((line) => `  ${student.id} (${student.lab.stack}): ${line}`).join('\n')).join('\n')}`,
    );
  return kept.length === 0;
}

/** Removes every student's lab and asks machine and clouds whether anything is left; returns the exit code. */
export async function classDown(
  students: Student[],
  { parallel = DOWN_AT_ONCE, yes = false, again }: DownOptions,
): Promise<number> {
  const started = Date.now();
  const labs = students.map(({ lab }) => lab.stack).join(', ');
  const [which, them] =
    students.length === 1 ? ['this lab', 'it'] : [`these ${students.length} labs`, 'them'];
  await confirm(`Remove ${which} with all that is in ${them}: ${labs}?`, yes);
  const board = new ClassBoard(process.stdout, students);
  const jobs = students.map(({ id, lab }) => childJob<void>(id, { kind: 'down', lab }));
  const outcomes = await runCrew(jobs, parallel, board).finally(() => board.close());
  const deed: Deed = { verb: 'down', done: 'gone', again };
  print(`\n${summary(students, outcomes, deed)} It took ${inWords(since(started))}.`);
  const code = exitCode(outcomes, deed);
  return (await audit(students)) ? code : EXIT.failed;
}
