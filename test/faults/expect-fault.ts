import type { Report } from '../../checks';
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
  const passing = new Set([...fault.passes, ...repaired.filter((id) => !failing.includes(id))]);
  await whileBroken(open, fault.drill, async () => {
    if (fault.worse) await open.hands.node(fault.worse.node, fault.worse.script);
    expectFailures(await open.look([...failing, ...passing]), fault);
  });
  return failing;
}

/** Brings up a lab for faults. */
export async function openFaultLab(name: string): Promise<OpenLab> {
  await labPrints('up', name, '--yes', '--set', 'controllers=1', '--set', 'workers=2');
  process.env.HARDWAY_STATE = state;
  return openLab(name);
}
