import type { Report } from '../../checks';
import { findDrill } from '../../cli/drills/loader';
import { each } from '../support/each';
import { failedIds, failures, labPrints, state } from '../support/command';
import type { Fault } from './fault';
import { openLab, type OpenLab, whileBroken } from './hands';

/** Expects that exactly the fault's checks have failed, each with a reason that names the cause. */
function expectFailures(report: Report, { fails }: Fault): void {
  const failing = Object.keys(fails);
  // Shows the reasons of checks that should not have failed.
  const others = report.checks.filter(({ id }) => !failing.includes(id));
  expect(failures({ ...report, checks: others })).toEqual([]);
  expect(failedIds(report).sort()).toEqual(failing.sort());
  const failed = report.checks.filter(({ status }) => status === 'fail');
  each(failed, ({ id, reason }) =>
    expect(`${id}: ${reason}`).toMatch(new RegExp(fails[id].source.replace(/^\^/, `^${id}: `))),
  );
}

/** Does `work` while a fault is on a lab, then repairs the lab. */
async function whileFaulty(open: OpenLab, fault: Fault, work: () => Promise<void>): Promise<void> {
  const { hands } = open;
  if ('drill' in fault) {
    return whileBroken(open, fault.drill, async () => {
      if (fault.worse) await hands.node(fault.worse.node, fault.worse.script);
      await work();
    });
  }
  await fault.make(hands);
  try {
    await work();
  } finally {
    await fault.repair(hands);
  }
}

/**
 * Makes a fault on a lab, expects its failures, and repairs it. `repaired` are the checks that an
 * earlier fault failed: they must pass again. Returns the checks that this fault failed.
 */
export async function expectFault(
  open: OpenLab,
  fault: Fault,
  repaired: string[],
): Promise<string[]> {
  const failing = Object.keys(fault.fails);
  const broken = 'drill' in fault ? findDrill(fault.drill) : undefined;
  const unsure = [...failing, ...(broken?.fails ?? []), ...(broken?.may ?? [])];
  const passing = new Set([...fault.passes, ...repaired.filter((id) => !unsure.includes(id))]);
  await whileFaulty(open, fault, async () =>
    expectFailures(await open.look([...failing, ...passing]), fault),
  );
  return failing;
}

/** Brings up a small lab, for faults, with more settings. */
export async function openFaultLab(name: string, ...settings: string[]): Promise<OpenLab> {
  const all = ['controllers=1', 'workers=2', ...settings];
  await labPrints('up', name, '--yes', ...all.flatMap((one) => ['--set', one]));
  process.env.HARDWAY_STATE = state;
  return openLab(name);
}
