import { leftovers, slotOf } from '../../provider/local';
import type { CloudName, LabConfig } from '../../components/config';
import { accountOf } from '../account/account';
import { readableSnapshot } from '../account/everywhere';
import { accountConfigOf } from '../account/place';
import { Engine } from '../engine';
import { EXIT } from '../errors';
import { formatDuration, since } from '../ui/duration';
import { found } from '../actions/ensure-toolchain';
import { confirm, print } from '../ui/prompt';
import { listOf, textIf } from '../../util/optional';
import { counted, plural } from '../../util/plural';
import { ClassBoard } from './progress-board';
import { childJob } from './jobs/worker-process';
import { runJobs } from './jobs/runner';
import type { Student } from './roster';
import { type ClassCommand, exitCode, summary } from './summary';
import { joinNames } from '../../util/join-names';

/** Number of labs that are removed at a time. */
export const DOWN_AT_ONCE = 1;

export interface DownOptions {
  parallel?: number;
  yes?: boolean;
  /** Command that continues this one. */
  again: string;
}

/** Config of the account of each cloud lab, or the error that hides it, keyed by stack. */
export type AccountConfigs = Map<string, LabConfig | Error>;

/**
 * Reads the accounts of the labs. Call it before the labs are destroyed, which empties their
 * states.
 */
export async function accountConfigs(students: Student[]): Promise<AccountConfigs> {
  const configs: AccountConfigs = new Map();
  const inClouds = students.filter(({ lab }) => lab.cloud !== 'local');
  if (inClouds.length === 0) return configs;
  const programs = await found();
  const engine = programs && (await Engine.open(programs));
  for (const { lab, settings } of inClouds) {
    try {
      const snapshot = await readableSnapshot(engine, lab);
      configs.set(lab.stack, accountConfigOf(lab, snapshot, settings));
    } catch (error) {
      // The mistake of one lab must not stop the others.
      configs.set(lab.stack, error as Error);
    }
  }
  return configs;
}

/** Lists the leftovers of a student's lab on the host or in its cloud. Does not read the state. */
async function left({ lab }: Student, configs: AccountConfigs): Promise<string[]> {
  if (lab.cloud === 'local') {
    const slot = slotOf(lab.stack);
    return [
      ...(await leftovers(lab.stack)),
      ...listOf(slot).map(({ slot, pool }) => `public network ${slot} of ${pool}`),
    ];
  }
  try {
    const config = configs.get(lab.stack);
    if (!config || config instanceof Error) throw config ?? new Error('the account is unknown');
    const remains = await accountOf(config).remains(lab.stack);
    return remains.map(
      ({ kind, id, place, hourly }) =>
        `${kind} ${id} (${place})${textIf(hourly, `, $${hourly?.toFixed(4)} an hour`)}`,
    );
  } catch (error) {
    return [`could not be searched: ${(error as Error).message}`];
  }
}

function placeOf(cloud: CloudName): string {
  if (cloud === 'local') return 'this host';
  return cloud.toUpperCase();
}

/** Names the places that are searched for leftovers: `this host and AWS`. */
function places(students: Student[]): string {
  const clouds = [...new Set(students.map(({ lab }) => lab.cloud))];
  return joinNames(clouds.map(placeOf));
}

/**
 * Searches the host and the clouds for leftovers of these labs, and prints them. Returns whether
 * there are none.
 */
export async function audit(students: Student[], configs: AccountConfigs): Promise<boolean> {
  const answers = await Promise.all(
    students.map(async (student) => ({ student, lines: await left(student, configs) })),
  );
  const labs = counted(students.length, 'lab');
  const kept = answers.filter(({ lines }) => lines.length > 0);
  if (kept.length === 0) print(`Audit of ${places(students)}: ${labs} without leftovers.`);
  else
    print(
      `Audit of ${places(students)}: leftovers of ${labs}:\n${kept.map(({ student, lines }) => lines.map((line) => `  ${student.id} (${student.lab.stack}): ${line}`).join('\n')).join('\n')}`,
    );
  return kept.length === 0;
}

/**
 * Removes every student's lab and searches the host and the clouds for leftovers; returns the exit
 * code.
 */
export async function classDown(
  students: Student[],
  { parallel = DOWN_AT_ONCE, yes = false, again }: DownOptions,
): Promise<number> {
  const started = Date.now();
  const labs = students.map(({ lab }) => lab.stack).join(', ');
  const which = plural(students.length, 'this lab', `these ${students.length} labs`);
  const it = plural(students.length, 'it', 'them');
  await confirm(`Remove ${which} with everything in ${it}: ${labs}?`, yes);
  const configs = await accountConfigs(students);
  const board = new ClassBoard(process.stdout, students);
  const jobs = students.map(({ id, lab }) => childJob<void>(id, { kind: 'down', lab }));
  const outcomes = await runJobs(jobs, parallel, board).finally(() => board.close());
  const command: ClassCommand = { verb: 'down', done: 'gone', again };
  print(`\n${summary(students, outcomes, command)} It took ${formatDuration(since(started))}.`);
  const code = exitCode(outcomes, command);
  if (await audit(students, configs)) return code;
  return EXIT.failed;
}
