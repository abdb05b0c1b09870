import { failures, failedIds, lab, labPrints, state } from '../support/command';
import { faults } from '../faults';
import { VICTIM } from '../faults/fault';
import { openLab, type OpenLab } from '../faults/hands';

const LAB = 'local-faults';

jest.setTimeout(10 * 60_000);

let open: OpenLab;
/** What the fault before this one broke: it must be whole again. */
let mended: string[] = [];

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

describe('a fault is caught by the checks that should catch it, which say where it is, and not by its neighbours', () => {
  it.each(faults.map((fault) => [fault.what, fault] as const))(
    '%s',
    async (_what, { make, mend, fails, passes }) => {
      const failing = Object.keys(fails);
      const passing = new Set([...passes, ...mended.filter((id) => !failing.includes(id))]);
      await make(open.hands);
      try {
        const report = await open.look([...failing, ...passing]);
        // With its words, where one fails that shouldn't.
        expect(
          failures({ ...report, checks: report.checks.filter(({ id }) => !failing.includes(id)) }),
        ).toEqual([]);
        expect(failedIds(report).sort()).toEqual(failing.sort());
        for (const { id, reason, status } of report.checks)
          if (status === 'fail')
            expect(`${id}: ${reason}`).toMatch(
              new RegExp(fails[id].source.replace(/^\^/, `^${id}: `)),
            );
      } finally {
        await mend(open.hands);
      }
      mended = failing;
    },
  );

  it('all are mended', async () => {
    expect(failures(await open.look())).toEqual([]);
  });
});
