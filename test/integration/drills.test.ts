import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkpointsOf } from '../../provider/local/checkpoint';
import type { DrillRecord } from '../../cli/drills/record';
import { root } from '../../util/repo-root';
import {
  asRoot,
  environment,
  failures,
  lab,
  labPrints,
  state,
  verify,
  withConfig,
} from '../support/command';
import { until } from '../support/until';

const LAB = 'local-practice';

jest.setTimeout(20 * 60_000);

const record = (): DrillRecord =>
  JSON.parse(fs.readFileSync(path.join(state, 'labs', LAB, 'drills.json'), 'utf8')) as DrillRecord;

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
});

afterAll(async () => {
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

test('drills at the router, on a node and with a pod work', async () => {
  const printed = await labPrints('drill', 'test', LAB, 'wrong-turn', 'silent-shop');
  expect(printed).toContain('2 of 2 drills work.');
  expect(printed).toMatch(/router# ip route replace 10\.200\.1\.0\/24 via 10\.240\.0\.21/);
  expect(printed).toMatch(/ubuntu@worker-0:~\$ sudo ip link set "\$veth" master cnio0/);
});

test('a student solves a drill with a hint, by hand', async () => {
  const started = Date.now();
  const symptom = await labPrints('drill', 'start', LAB, 'private-shortcut');
  expect(Date.now() - started).toBeLessThan(30_000);
  expect(symptom).toContain('A private shortcut');
  expect(await lab('drill', 'start', LAB, 'wrong-turn')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`Drill private-shortcut runs on lab ${LAB}, since 0 min.`),
  });
  expect(await labPrints('drill', 'hint', LAB)).toMatch(/^Hint 1 of 2: /m);
  const wrong = await lab('drill', 'check', LAB);
  expect(wrong).toMatchObject({ code: 1, stdout: expect.stringMatching(/^route\.host: /m) });
  expect(wrong.stdout).not.toContain('look at');
  await asRoot(LAB, 'worker-0', 'ip route del 10.200.1.0/24 via 10.240.0.21');
  expect(await labPrints('drill', 'check', LAB)).toMatch(
    /private-shortcut: solved in .*, 1 hint\./,
  );
  expect(record()).toMatchObject({
    history: expect.arrayContaining([
      expect.objectContaining({ drill: 'private-shortcut', result: 'solved', hints: 1 }),
    ]),
  });
});

test('after kill -9 while the lab is being broken, stop repairs it and leaves nothing', async () => {
  const words = ['drill', 'start', LAB, 'no-way-to-worker-1'];
  const child = spawn('./lab', words, { cwd: root, env: environment, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('the lab is being broken', () => record().running?.phase === 'breaking');
  child.kill('SIGKILL');
  await ended;
  expect((await lab('drill', 'check', LAB)).stderr).toMatch(/was interrupted\.\nTo do: .* stop/);
  expect(await labPrints('drill', 'stop', LAB)).toContain('no-way-to-worker-1: stopped after');
  expect(record().running).toBeUndefined();
  expect(checkpointsOf(LAB)).toEqual([]);
  expect(failures(await verify(LAB))).toEqual([]);
});
