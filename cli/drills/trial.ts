import { checks, type Report } from '../../checks';
import { itemsIf } from '../../util/optional';
import { unable } from '../errors';
import type { Drill, Script } from './drill';
import { type DrillLab, solve, start, stop } from './session';
import { compareStates, missingIn } from './state';

/** Operations on a lab that trials use. */
export interface TrialLab extends DrillLab {
  /** Runs the checks of these ids, by default all, without progress output. */
  verify(only?: string[]): Promise<Report>;
  /** Reads the state that must be the same after a trial. */
  state(): Promise<string[]>;
  /** Runs a wrong repair, and shows its output. Commands may fail. */
  tryRepair(script: Script): Promise<void>;
}

/** Result of one drill's trial. The drill works if `problems` is empty. */
export interface Trial {
  drill: string;
  /** Result of the checks at the end. */
  report: Report;
  /** Seconds until the lab was broken, with its checkpoint and the drill's objects. */
  broke: number;
  /** Seconds of the whole trial, with the repair of the lab after a failure. */
  seconds: number;
  /** Result of the checks while the lab was broken. */
  broken: Report;
  problems: string[];
}

const failing = ({ checks }: Report): string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ id }) => id);

/** Compares the failed checks with those that the drill names. */
function compareFailures(drill: Drill, report: Report): string[] {
  // Checks of a load balancer run on some labs only, and no drill names them.
  const found = failing(report).filter((id) => checks.some((check) => check.id === id));
  const passing = missingIn(drill.fails, found);
  const others = missingIn(found, [...drill.fails, ...(drill.may ?? [])]);
  return [
    ...itemsIf(passing.length > 0, `passes while broken: ${passing.join(', ')}`),
    ...itemsIf(others.length > 0, `fails too: ${others.join(', ')}`),
  ];
}

/** Returns the lab to its checkpoint, and ends the drill. Throws a Failure if a difference stays. */
async function returnToSave(lab: TrialLab, drill: Drill, before: string[]): Promise<void> {
  await lab.restore();
  if (lab.read().running) await stop(lab, drill);
  await lab.verify();
  const differences = compareStates(before, await lab.state());
  if (differences.length === 0) return;
  throw unable(
    `Lab ${lab.name} still differs after its checkpoint was restored:\n  ${differences.join('\n  ')}`,
    `./lab recreate${lab.argument}`,
  );
}

/**
 * Tries a drill on a lab: breaks it, compares the failed checks, tries the wrong repair, types the
 * solution in a terminal, and looks for differences. After a solution that does not restore the
 * lab, returns to the checkpoint. A trial is not in the results of the lab's drills. `healthy` is
 * the result of all checks just before.
 */
export async function tryDrill(lab: TrialLab, drill: Drill, healthy?: Report): Promise<Trial> {
  const started = Date.now();
  const since = (): number => Math.round((Date.now() - started) / 100) / 10;
  const problems: string[] = [];
  // The first pod on a worker makes its bridge, so the state is read after the checks.
  const healthyReport = healthy ?? (await lab.verify());
  const before = await lab.state();
  const { history } = lab.read();
  await start(lab, drill, healthyReport);
  // The end of a drill deletes the checkpoint. A trial may need it later.
  const kept: TrialLab = { ...lab, forget: async () => undefined };
  try {
    const broke = since();
    // Nothing was repaired: the drill must not pass.
    const broken = await lab.verify();
    problems.push(...compareFailures(drill, broken));
    if (drill.wrong) {
      await lab.tryRepair(drill.wrong);
      if ((await lab.verify(drill.fails)).failed === 0) problems.push('passes after wrong.sh');
    }
    const { ended, report } = await solve(kept, drill);
    const repairs = itemsIf(!ended, `fails after solve.sh: ${failing(report).join(', ')}`);
    if (ended) repairs.push(...compareStates(before, await lab.state()));
    problems.push(...repairs);
    if (repairs.length > 0) await returnToSave(kept, drill, before);
    return { drill: drill.name, report, broke, seconds: since(), broken, problems };
  } finally {
    // After an interruption, `stop` needs the checkpoint.
    if (!lab.read().running) {
      await lab.forget();
      await lab.locked(async () => lab.write({ history }));
    }
  }
}
