import { failures, failedIds, lab, labPrints, state } from '../support/command';
import { each } from '../support/each';
import { faults } from '../faults';
import { VICTIM } from '../faults/fault';
import { openLab, type OpenLab } from '../faults/hands';

const LAB = 'local-faults';

jest.setTimeout(10 * 60_000);

let open: OpenLab;
/** Ids of the checks that the previous fault failed. They must pass again. */
let repaired: string[] = [];

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', '--set', 'controllers=1', '--set', 'workers=2');
  process.env.HARDWAY_STATE = state;
  open = await openLab(LAB);
  const { kubectl } = open.hands;
  await kubectl(
    'run',
    VICTIM,
    '--image=nginx',
    '--overrides={"spec":{"nodeName":"worker-0","terminationGracePeriodSeconds":0}}',
  );
  await kubectl('wait', '--for=condition=Ready', `pod/${VICTIM}`, '--timeout=60s');
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

describe('a fault fails exactly its checks, which name the cause', () => {
  test.each(faults.map((fault) => [fault.description, fault] as const))(
    '%s',
    async (_description, { make, repair, fails, passes }) => {
      const failing = Object.keys(fails);
      const passing = new Set([...passes, ...repaired.filter((id) => !failing.includes(id))]);
      await make(open.hands);
      try {
        const report = await open.look([...failing, ...passing]);
        // Shows the reasons of checks that should not have failed.
        expect(
          failures({ ...report, checks: report.checks.filter(({ id }) => !failing.includes(id)) }),
        ).toEqual([]);
        expect(failedIds(report).sort()).toEqual(failing.sort());
        const failed = report.checks.filter(({ status }) => status === 'fail');
        each(failed, ({ id, reason }) =>
          expect(`${id}: ${reason}`).toMatch(
            new RegExp(fails[id].source.replace(/^\^/, `^${id}: `)),
          ),
        );
      } finally {
        await repair(open.hands);
      }
      repaired = failing;
    },
  );

  test('after the last repair, every check passes', async () => {
    expect(failures(await open.look())).toEqual([]);
  });
});
