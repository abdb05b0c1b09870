import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { faults, titleOf } from '../faults';
import { expectFault, openFaultLab } from '../faults/expect-fault';
import type { OpenLab } from '../faults/hands';
import { failures, lab, state } from '../support/command';

// The part of the integration tests that fits into four minutes: `npm run test:quick`.

const LAB = 'local-quick';

/** One fault each of routes, firewall, pods, services and CNI. */
const CHOSEN = [
  'no-way-to-worker-1',
  'closed-to-the-world',
  'silent-shop',
  'quiet-neighbours',
  'unmasked',
];
const chosen = faults.filter(({ drill }) => CHOSEN.includes(drill));

jest.setTimeout(4 * 60_000);

let open: OpenLab;
let repaired: string[] = [];

beforeAll(async () => {
  open = await openFaultLab(LAB);
});

afterAll(async () => {
  await open?.close();
  const down = await lab('down', LAB, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
  const files = fs.readdirSync(path.join(root, 'test/integration'));
  process.stderr.write(
    `Not run: ${faults.length - chosen.length} of ${faults.length} faults, and all of ` +
      `test/integration: ${files.map((file) => file.replace('.test.ts', '')).join(', ')}\n`,
  );
  expect(down).toMatchObject({ code: 0, stdout: expect.stringContaining('without leftovers') });
});

test('five faults are chosen, by their drills', () => {
  expect(chosen.map(({ drill }) => drill).sort()).toEqual([...CHOSEN].sort());
});

test('all 24 checks of the article pass', async () => {
  const report = await open.look();
  expect(failures(report)).toEqual([]);
  expect(report).toMatchObject({ passed: 24, failed: 0, skipped: 0 });
});

test.each(chosen.map((fault) => [titleOf(fault), fault] as const))(
  'fails exactly its checks, which name the cause: %s',
  async (_description, fault) => {
    repaired = await expectFault(open, fault, repaired);
  },
);

test('after the last repair, the checks that failed last pass again', async () => {
  expect(failures(await open.look(repaired))).toEqual([]);
});
