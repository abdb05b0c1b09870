import type { Report } from '../../checks';
import { progressScreen } from '../ui/progress';
import { print, printJson } from '../ui/prompt';
import { ClassBoard } from './progress-board';
import { childJob } from './jobs/worker-process';
import { runJobs } from './jobs/runner';
import { type Checked, countsOf, matrix } from './check-matrix';
import { classTools, noLabs, type RosterOf } from './missing-labs';
import type { Student } from './roster';
import { exitCode } from './summary';
import { EXIT } from '../errors';

/**
 * Number of labs that are checked at a time. Parallel runs would slow each other down, and some
 * checks measure time.
 */
export const VERIFY_AT_ONCE = 1;

export interface VerifyOptions {
  parallel?: number;
  json?: boolean;
  roster: RosterOf;
  /** Command that continues this one. */
  again: string;
}

/** Prints one JSON array with a row per student. */
const printRows = (checked: Checked[]): void =>
  printJson(
    checked.map(({ student: { id, name, lab }, report, problem }) => ({
      id,
      name,
      lab: lab.stack,
      report,
      problem,
    })),
  );

/** Runs the checks on every student's lab; returns the exit code. */
export async function classVerify(
  students: Student[],
  { parallel = VERIFY_AT_ONCE, json = false, again, roster }: VerifyOptions,
): Promise<number> {
  const missing = noLabs(students, roster);
  if (missing) {
    if (json) printRows(students.map((student) => ({ student, problem: missing.message })));
    throw missing;
  }
  const toolchain = await classTools(students, roster);
  const jobs = students.map(({ id, lab }) =>
    childJob<Report>(id, { kind: 'verify', lab, toolchain }),
  );

  const board = new ClassBoard(progressScreen({ json }), students, (value) => {
    const report = value as Report;
    return { isGood: report.failed === 0, words: countsOf(report) };
  });
  const outcomes = await runJobs(jobs, parallel, board).finally(() => board.close());
  const checked = students.map((student, index): Checked => {
    const outcome = outcomes[index];
    if (outcome.state === 'done') return { student, report: outcome.value };
    if (outcome.state === 'waiting') return { student, problem: 'not begun' };
    return { student, problem: outcome.failure.message };
  });
  if (json) printRows(checked);
  else print(`\n${matrix(checked, process.stdout.columns)}`);
  const code = exitCode(outcomes, { verb: 'verify', done: 'checked', again });
  if (checked.every(({ report }) => report?.failed === 0)) return code;
  return EXIT.failed;
}
