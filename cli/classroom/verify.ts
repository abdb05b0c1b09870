import type { Report } from '../../checks';
import { installed } from '../actions/ensure-toolchain';
import { progressScreen } from '../ui/progress';
import { print, printJson } from '../ui/prompt';
import { ClassBoard } from './progress-board';
import { childJob } from './jobs/worker-process';
import { runJobs } from './jobs/runner';
import { type Checked, countsOf, matrix } from './check-matrix';
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
  /** Command that continues this one. */
  again: string;
}

/** Runs the checks on every student's lab; returns the exit code. */
export async function classVerify(
  students: Student[],
  { parallel = VERIFY_AT_ONCE, json = false, again }: VerifyOptions,
): Promise<number> {
  const toolchain = await installed();
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
  if (json)
    printJson(
      checked.map(({ student: { id, name, lab }, report, problem }) => ({
        id,
        name,
        lab: lab.stack,
        report,
        problem,
      })),
    );
  else print(`\n${matrix(checked, process.stdout.columns)}`);
  const code = exitCode(outcomes, { verb: 'verify', done: 'checked', again });
  if (checked.every(({ report }) => report?.failed === 0)) return code;
  return EXIT.failed;
}
