import { installed } from '../actions/ensure-toolchain';
import { findDrill } from '../drills/loader';
import { renderSymptom } from '../drills/render';
import { usage } from '../errors';
import { print } from '../ui/prompt';
import { childJob } from './jobs/worker-process';
import { runJobs } from './jobs/runner';
import { ClassBoard } from './progress-board';
import type { Student } from './roster';
import { type ClassCommand, exitCode, summary } from './summary';

/** Number of labs that are broken at a time: each runs the checks first. */
export const DRILL_AT_ONCE = 1;

export interface DrillOptions {
  parallel?: number;
  /** Command that continues this one. */
  again: string;
}

/** Throws a usage Failure that lists the students with labs in clouds. */
function refuseClouds(students: Student[]): void {
  const clouds = students.filter(({ lab }) => lab.cloud !== 'local').map(({ id }) => id);
  if (clouds.length === 0) return;
  throw usage(
    `Drills run on local labs only, and these students have labs in clouds: ${clouds.join(', ')}.`,
    '--only with the other students',
  );
}

/** Starts a drill on every student's lab, and prints what to read out; returns the exit code. */
export async function classDrill(
  students: Student[],
  name: string,
  { parallel = DRILL_AT_ONCE, again }: DrillOptions,
): Promise<number> {
  const drill = findDrill(name);
  refuseClouds(students);
  const toolchain = await installed();
  const jobs = students.map(({ id, lab }) =>
    childJob<void>(id, { kind: 'drill', lab, drill: name, toolchain }),
  );
  const board = new ClassBoard(process.stdout, students);
  const outcomes = await runJobs(jobs, parallel, board).finally(() => board.close());
  const command: ClassCommand = { verb: `drill ${name}`, done: 'broken', again };
  print(`\n${summary(students, outcomes, command)}`);
  print(`\n${renderSymptom(drill, ' LAB')}`);
  return exitCode(outcomes, command);
}
