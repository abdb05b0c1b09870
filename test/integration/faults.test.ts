import { failures, lab, labPrints, state } from '../support/command';
import { faults } from '../faults';
import { createVictim, expectFault } from '../faults/expect-fault';
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
  await createVictim(open, VICTIM);
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

describe('a fault fails exactly its checks, which name the cause', () => {
  test.each(faults.map((fault) => [fault.description, fault] as const))(
    '%s',
    async (_description, fault) => {
      repaired = await expectFault(open, fault, repaired);
    },
  );

  test('after the last repair, every check passes', async () => {
    expect(failures(await open.look())).toEqual([]);
  });
});
