import { failures, lab } from '../support/command';
import { faults, titleOf } from '../faults';
import { expectFault, openFaultLab } from '../faults/expect-fault';
import type { OpenLab } from '../faults/hands';

const LAB = 'local-faults';

jest.setTimeout(10 * 60_000);

let open: OpenLab;
/** Ids of the checks that the previous fault failed. They must pass again. */
let repaired: string[] = [];

beforeAll(async () => {
  open = await openFaultLab(LAB);
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

describe('a fault fails exactly its checks, which name the cause', () => {
  test.each(faults.map((fault) => [titleOf(fault), fault] as const))(
    '%s',
    async (_title, fault) => {
      repaired = await expectFault(open, fault, repaired);
    },
  );

  test('after the last repair, every check passes', async () => {
    expect(failures(await open.look())).toEqual([]);
  });
});
