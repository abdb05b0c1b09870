import type { Report } from '../../checks';
import { each } from '../support/each';
import { failedIds, failures, labPrints, state } from '../support/command';
import { type Fault, VICTIM } from './fault';
import { openLab, type OpenLab } from './hands';

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
  await fault.make(open.hands);
  try {
    expectFailures(await open.look([...failing, ...passing]), fault);
  } finally {
    await fault.repair(open.hands);
  }
  return failing;
}

/** Brings up a small lab, with more settings, and the student's pod that faults on pods need. */
export async function openFaultLab(name: string, ...settings: string[]): Promise<OpenLab> {
  const all = ['controllers=1', 'workers=2', ...settings];
  await labPrints('up', name, '--yes', ...all.flatMap((one) => ['--set', one]));
  process.env.HARDWAY_STATE = state;
  const open = await openLab(name);
  const overrides = '{"spec":{"nodeName":"worker-0","terminationGracePeriodSeconds":0}}';
  await open.hands.kubectl('run', VICTIM, '--image=nginx', `--overrides=${overrides}`);
  await open.hands.kubectl('wait', '--for=condition=Ready', `pod/${VICTIM}`, '--timeout=60s');
  return open;
}
