import * as fs from 'node:fs';
import * as os from 'node:os';
import { isDuration } from '../../components/config';
import { CLOUDS_OF_ACCOUNTS } from '../account/account';
import { needsOf, sumOf } from '../account/needs';
import { formatPrice } from '../account/prices';
import type { Failure } from '../errors';
import { prepare, requireCredentials, type RequestedLab } from '../actions/prepare';
import { rememberPool } from '../lab/known-pools';
import { progressOn } from '../ui/progress';
import { projectName, stackFile } from '../engine';
import { checkedConfig, type Settings } from '../lab/settings';
import { confirm, print } from '../ui/prompt';
import { formatDuration, since } from '../ui/duration';
import { counted } from '../../util/plural';
import { ClassBoard } from './progress-board';
import { childJob } from './jobs/worker-process';
import { type Job, runJobs } from './jobs/runner';
import type { Student } from './roster';
import { type ClassCommand, exitCode, summary } from './summary';

/**
 * Number of labs that are created at a time. Two per processor core are the fastest in the
 * benchmark (docs/performance.md).
 */
export const UP_AT_ONCE = Math.min(8, 2 * os.availableParallelism());

export interface UpOptions {
  parallel?: number;
  yes?: boolean;
  /** Command that continues this one. */
  again: string;
}

/** Asks the user once about the price of all labs in clouds. */
async function confirmPrice(wanted: RequestedLab[], yes: boolean): Promise<void> {
  const clouds = CLOUDS_OF_ACCOUNTS.flatMap((cloud) => {
    const labs = wanted.filter(({ lab }) => lab.cloud === cloud);
    if (labs.length === 0) return [];
    return `${counted(labs.length, 'lab')} in ${cloud.toUpperCase()}, ${formatPrice(cloud, sumOf(labs.map(({ config }) => needsOf(config))))}`;
  });
  if (clouds.length > 0)
    await confirm(
      `${clouds.join('; ')}, until ./lab class down or ./lab reap (nothing is removed automatically). Continue?`,
      yes,
    );
}

/**
 * Returns the roster's settings, without an expiry that `./lab extend` has changed since. The
 * roster's duration applies to a lab's creation only.
 */
export function settingsFor({ lab, settings }: Student): Settings {
  const key = `${projectName()}:expires`;
  const rest: Settings = new Map([...settings].filter(([name]) => name !== key));
  const isMoved =
    fs.existsSync(stackFile(lab.stack)) &&
    Number.isFinite(Date.parse(checkedConfig(lab, rest).expires));
  if (isMoved && isDuration(settings.get(key) ?? '')) return rest;
  return settings;
}

/** Returns a job that fails without doing anything. */
const refusedJob = (id: string, failure: Failure): Job<void> => ({
  id,
  begin: () => ({ result: Promise.reject(failure), stop: () => undefined, drop: () => undefined }),
});

/** Creates every student's lab or changes it to match the roster; returns the exit code. */
export async function classUp(
  students: Student[],
  { parallel = UP_AT_ONCE, yes = false, again }: UpOptions,
): Promise<number> {
  const started = Date.now();
  const wanted = students.map(({ lab, settings }): RequestedLab => ({
    lab,
    config: checkedConfig(lab, settings),
  }));
  await requireCredentials(...wanted);
  await confirmPrice(wanted, yes);
  const progress = progressOn();
  const { toolchain, refused } = await prepare(progress, ...wanted).finally(() => progress.close());
  // Recorded in this process: parallel processes would overwrite each other's record.
  for (const { lab, config } of wanted) if (lab.cloud === 'local') rememberPool(config.publicPool);
  const jobs = students.map((student) => {
    const failure = refused.get(student.lab.stack);
    if (failure) return refusedJob(student.id, failure);
    const settings = settingsFor(student);
    return childJob<void>(student.id, { kind: 'up', lab: student.lab, settings, toolchain });
  });
  const board = new ClassBoard(process.stdout, students);
  const outcomes = await runJobs(jobs, parallel, board).finally(() => board.close());
  const command: ClassCommand = { verb: 'up', done: 'up', again };
  print(`\n${summary(students, outcomes, command)} It took ${formatDuration(since(started))}.`);
  return exitCode(outcomes, command);
}
