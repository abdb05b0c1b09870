import type { Drill } from '../drills/drill';
import { findDrill } from '../drills/loader';
import { type Misfit, misfitOf } from '../drills/misfit';
import { renderSymptom } from '../drills/render';
import { Engine } from '../engine';
import { usage } from '../errors';
import { joinNames } from '../../util/join-names';
import { itemsIf, listOf } from '../../util/optional';
import { counted } from '../../util/plural';
import { print } from '../ui/prompt';
import { mapConcurrent, READ_AT_ONCE } from './jobs/map-concurrent';
import { childJob } from './jobs/worker-process';
import { runJobs } from './jobs/runner';
import { classTools, noLabs, type RosterOf } from './missing-labs';
import { ClassBoard } from './progress-board';
import type { Student } from './roster';
import { type ClassCommand, exitCode, summary } from './summary';

/** Number of labs that are broken at a time: each runs the checks first. */
export const DRILL_AT_ONCE = 1;

export interface DrillOptions {
  parallel?: number;
  roster: RosterOf;
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

/** A student with a lab that a drill does not fit. */
interface Unfit {
  student: Student;
  misfit: Misfit;
}

/** Returns the students with labs that a drill does not fit. */
async function unfitFor(
  drill: Drill,
  students: Student[],
  engine: Pick<Engine, 'snapshot'>,
): Promise<Unfit[]> {
  const read = await mapConcurrent(students, READ_AT_ONCE, async (student) => {
    // The lab's own process reports a lab that can't be read.
    const snapshot = await engine.snapshot(student.lab.stack).catch(() => undefined);
    const misfit = snapshot?.outputs && misfitOf(drill, snapshot.outputs);
    return listOf(misfit).map((found) => ({ student, misfit: found }));
  });
  return read.flat();
}

/** Lists each reason once, with its labs. */
function reasonLines(unfit: Unfit[]): string[] {
  const labs = new Map<string, string[]>();
  for (const { student, misfit } of unfit)
    labs.set(misfit.text, [
      ...(labs.get(misfit.text) ?? []),
      `${student.id} (${student.lab.stack})`,
    ]);
  return [...labs].map(([text, names]) => `  ${names.join(', ')}: ${text}`);
}

/**
 * Throws a usage Failure, before any lab is changed, that lists the labs which a drill does not fit
 * and the config with which it does.
 */
async function refuseUnfit(
  drill: Drill,
  students: Student[],
  { engine, file }: { engine: Pick<Engine, 'snapshot'>; file: string },
): Promise<void> {
  const unfit = await unfitFor(drill, students, engine);
  if (unfit.length === 0) return;
  const settings = unfit.flatMap(({ misfit: { setting } }) =>
    listOf(setting).map(({ key, value }) => `${key}: ${value}`),
  );
  const config = joinNames([...new Set(settings)]);
  const cures = [
    ...itemsIf(config, `${config} in the config of ${file}, then ./lab class up ${file}`),
    ...itemsIf(unfit.length < students.length, '--only with the other students'),
    'another drill of ./lab drill list',
  ];
  throw usage(
    `Drill ${drill.name} does not fit ${counted(unfit.length, 'lab')}; nothing was changed:\n${reasonLines(unfit).join('\n')}`,
    cures.join('; or '),
  );
}

/** Starts a drill on every student's lab, and prints what to read out; returns the exit code. */
export async function classDrill(
  students: Student[],
  name: string,
  { parallel = DRILL_AT_ONCE, again, roster }: DrillOptions,
): Promise<number> {
  const drill = findDrill(name);
  refuseClouds(students);
  const missing = noLabs(students, roster);
  if (missing) throw missing;
  const toolchain = await classTools(students, roster);
  const engine = await Engine.open(toolchain);
  await refuseUnfit(drill, students, { engine, file: roster.file });
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
