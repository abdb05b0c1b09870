import type { LabOutputs } from '../../components/outputs';
import type { Report } from '../../checks';
import { Failure, Interrupted, unable, usage } from '../errors';
import { age } from '../ui/duration';
import { itemsIf, listOf } from '../../util/optional';
import { plural } from '../../util/plural';
import { poll } from '../../util/poll';
import type { Drill, Script } from './drill';
import { misfitOf } from './misfit';
import {
  begin,
  change,
  type DrillRecord,
  end,
  type Ended,
  type Result,
  type Running,
} from './record';

/** Label of the checkpoint to which a drill can return. */
export const LABEL = 'before-drill';

/** Operations on a lab that drills use. */
export interface DrillLab {
  /** Name of the lab. */
  name: string;
  /** Argument of commands for this lab, with a leading space; empty for the default lab. */
  argument: string;
  outputs: Pick<LabOutputs, 'stage' | 'topology'>;
  /** Time limit in milliseconds for pods to recover after the solution. */
  recovery: number;
  /** Reads the lab's record. */
  read(): DrillRecord;
  /** Replaces the lab's record in one step. */
  write(record: DrillRecord): void;
  /** Does `work` while no other command changes the lab. */
  locked<T>(work: () => Promise<T>): Promise<T>;
  /** Runs all checks. */
  checks(): Promise<Report>;
  /** Saves the lab, so that `restore` can return to it. */
  save(): Promise<void>;
  hasSave(): boolean;
  restore(): Promise<void>;
  /** Deletes the saved lab, if it exists. */
  forget(): Promise<void>;
  /** Repairs drift, as `./lab up` does. */
  repair(): Promise<void>;
  /** Runs the script that breaks the lab. Throws a Failure if it fails. */
  run(drill: Drill): Promise<void>;
  /** Runs a script without a terminal. Commands may fail. */
  undo(script: Script): Promise<void>;
  /** Types the solution in a terminal that the user sees. */
  type(script: Script): Promise<void>;
  /** Creates the drill's objects in the cluster, and waits until the pods are Ready. */
  createObjects(manifest: string): Promise<void>;
  /** Deletes the drill's objects, if they exist. */
  deleteObjects(): Promise<void>;
}

const failing = (report: Report): string[] =>
  report.checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

/** Returns the running drill. Throws a usage Failure if none runs. */
export function running(lab: DrillLab): Running {
  const { running: found } = lab.read();
  if (found) return found;
  throw usage(
    `No drill runs on lab ${lab.name}.`,
    `./lab drill list${lab.argument}, then ./lab drill start${lab.argument} DRILL`,
  );
}

/** Returns the running drill. Throws a Failure if a killed command left it between two states. */
function broken(lab: DrillLab): Running {
  const found = running(lab);
  if (found.phase === 'broken') return found;
  throw unable(
    `Drill ${found.drill} on lab ${lab.name} was interrupted.`,
    `./lab drill stop${lab.argument} repairs the lab`,
  );
}

function refuseSecond(lab: DrillLab): void {
  const { running: other } = lab.read();
  if (!other) return;
  throw usage(
    `Drill ${other.drill} runs on lab ${lab.name}, since ${age(other.started)}.`,
    `./lab drill stop${lab.argument} ends it`,
  );
}

function refuseUnhealthy(lab: DrillLab, drill: Drill, report: Report): void {
  const wrong = failing(report);
  if (wrong.length > 0)
    throw unable(
      `Lab ${lab.name} is not healthy, so no drill begins. Failed: ${wrong.join(', ')}.`,
      `./lab up${lab.argument} repairs it; ./lab verify${lab.argument} shows more`,
    );
  const skipped = report.checks.find(
    ({ id, status }) => status === 'skip' && drill.fails.includes(id),
  );
  if (skipped)
    throw usage(
      `Drill ${drill.name} does not fit lab ${lab.name}: ${skipped.reason}.`,
      './lab drill list shows others',
    );
}

/**
 * Breaks a lab. Throws a Failure, before any change, if another drill runs, if the drill does not
 * fit the lab, or if the lab is not healthy. If the lab can't be broken, it is repaired. `report`
 * is the result of all checks just before; without it, the checks run first.
 */
export async function start(lab: DrillLab, drill: Drill, report?: Report): Promise<void> {
  refuseSecond(lab);
  if (lab.hasSave())
    throw usage(
      `Lab ${lab.name} has a checkpoint ${LABEL}, which a drill would replace.`,
      `./lab checkpoints${lab.argument} --delete ${LABEL}`,
    );
  const misfit = misfitOf(drill, lab.outputs);
  if (misfit) {
    const cures = [
      ...listOf(misfit.setting).map(
        ({ key, value }) => `./lab up${lab.argument} --set ${key}=${value}`,
      ),
      './lab drill list shows others',
    ];
    throw usage(
      `Drill ${drill.name} does not fit lab ${lab.name}: ${misfit.text}.`,
      cures.join('; '),
    );
  }
  refuseUnhealthy(lab, drill, report ?? (await lab.checks()));
  await lab.locked(async () => {
    refuseSecond(lab);
    lab.write(begin(lab.read(), drill.name, new Date()));
  });
  try {
    await lab.save();
    await lab.locked(async () => {
      if (drill.objects) await lab.createObjects(drill.objects);
      await lab.run(drill);
      lab.write(change(lab.read(), { phase: 'broken', started: new Date().toISOString() }));
    });
  } catch (error) {
    await abandon(lab, drill).catch(() => undefined);
    throw error;
  }
}

/** Repairs a lab after a drill that could not begin. */
async function abandon(lab: DrillLab, drill: Drill): Promise<void> {
  await repairLab(lab, drill);
  await finish(lab, drill, 'stopped');
}

/** Result of `check` and `solve`. */
export interface Outcome {
  report: Report;
  /** Set if all checks passed, which ends the drill. */
  ended?: Ended;
}

/** Deletes what a drill needed, and moves the drill to the history. */
async function finish(lab: DrillLab, drill: Drill | undefined, result: Result): Promise<Ended> {
  await lab.locked(async () => lab.write(change(lab.read(), { phase: 'ending', result })));
  return complete(lab, drill);
}

/** Completes a drill in the phase `ending`. */
async function complete(lab: DrillLab, drill: Drill | undefined): Promise<Ended> {
  const { clean } = drill ?? {};
  if (clean) await lab.locked(() => lab.undo(clean));
  await lab.deleteObjects();
  await lab.forget();
  return lab.locked(async () => {
    const record = lab.read();
    // Another command may have completed the drill meanwhile.
    const next = end(record, record.running?.result ?? 'stopped', new Date());
    if (record.running) lab.write(next);
    return next.history.at(-1)!;
  });
}

/** Breaks a lab as `start` does. Does nothing if the lab is already broken by this drill. */
export async function ensureStarted(lab: DrillLab, drill: Drill): Promise<void> {
  const { running: found } = lab.read();
  if (found?.drill === drill.name && found.phase === 'broken') return;
  await start(lab, drill);
}

/** Runs the checks. Ends the drill if all pass. */
export async function check(lab: DrillLab, drill: Drill | undefined): Promise<Outcome> {
  const isEnding = running(lab).phase === 'ending';
  if (!isEnding) broken(lab);
  const report = await lab.checks();
  if (isEnding) return { report, ended: await complete(lab, drill) };
  const { shown, checks } = running(lab);
  await lab.locked(async () => lab.write(change(lab.read(), { checks: checks + 1 })));
  if (report.failed > 0) return { report };
  return { report, ended: await finish(lab, drill, shown ? 'shown' : 'solved') };
}

/** Hint, with its number and the number of all hints. */
export interface Hint {
  number: number;
  of: number;
  text: string;
}

/** Returns the next hint and counts it. Throws a usage Failure if all were given. */
export const hint = (lab: DrillLab, drill: Drill): Promise<Hint> =>
  lab.locked(async () => {
    const { hints } = broken(lab);
    const of = drill.hints.length;
    if (hints >= of)
      throw usage(
        `All ${of} hints of drill ${drill.name} were given.`,
        `./lab drill solve${lab.argument} types the solution`,
      );
    lab.write(change(lab.read(), { hints: hints + 1 }));
    return { number: hints + 1, of, text: drill.hints[hints] };
  });

/** Types the solution in a terminal, then runs the checks until the lab has recovered. */
export async function solve(lab: DrillLab, drill: Drill): Promise<Outcome> {
  await lab.locked(async () => {
    broken(lab);
    lab.write(change(lab.read(), { shown: true }));
    await lab.type(drill.solve);
  });
  return poll(() => check(lab, drill), {
    limit: lab.recovery,
    interval: 2000,
    satisfies: ({ ended }) => ended !== undefined,
  });
}

/**
 * Repairs a lab until all checks pass: by the solution, then as `./lab up` does, then by returning
 * to the moment before the drill. Throws a Failure if none of them helps.
 */
async function repairLab(lab: DrillLab, drill: Drill | undefined): Promise<void> {
  const ways = [
    ...listOf(drill).map(
      ({ solve }) =>
        () =>
          lab.locked(() => lab.undo(solve)),
    ),
    () => lab.repair(),
    ...itemsIf(lab.hasSave(), () => lab.restore()),
  ];
  // A second solution could do damage: the student may have solved the drill already.
  let wrong = failing(await lab.checks());
  for (const way of ways) {
    if (wrong.length === 0) return;
    // After a failure, the next way repairs more.
    await way().catch((error: unknown) => {
      if (!(error instanceof Failure) || error instanceof Interrupted) throw error;
    });
    wrong = failing(await lab.checks());
  }
  if (wrong.length === 0) return;
  throw unable(
    `Lab ${lab.name} is not repaired: ${wrong.join(', ')} still ${plural(wrong.length, 'fails', 'fail')}.`,
    `./lab recreate${lab.argument}, then ./lab drill stop${lab.argument}`,
  );
}

/** Repairs a lab and ends its drill. Continues after a kill of any command. */
export async function stop(lab: DrillLab, drill: Drill | undefined): Promise<Ended> {
  if (running(lab).phase === 'ending') return complete(lab, drill);
  await lab.locked(async () => lab.write(change(lab.read(), { phase: 'repairing' })));
  await repairLab(lab, drill);
  return finish(lab, drill, 'stopped');
}
