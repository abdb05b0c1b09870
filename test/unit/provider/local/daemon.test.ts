import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  readDaemon,
  startDaemon,
  stopDaemon,
  until,
} from '../../../../provider/local/shared/daemon';

let place: string;
beforeEach(() => {
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-daemon-'));
});
afterEach(() => fs.rmSync(place, { recursive: true }));

const file = (name: string): string => path.join(place, `${name}.json`);
const start = (name: string): number =>
  startDaemon('local-nobody', file(name), path.join(place, 'log'), 'sleep', ['60']).pid;
const runs = (pid: number): boolean =>
  fs.existsSync(`/proc/${pid}`) &&
  !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a program of a lab is ended by the file that has its id, and no other is', async () => {
  const [one, other] = [start('one'), start('other')];
  try {
    expect(readDaemon(file('one'))).toMatchObject({ pid: one });
    await stopDaemon(file('one'));
    expect([runs(one), runs(other)]).toEqual([false, true]);
  } finally {
    await stopDaemon(file('other'));
  }
  expect(runs(other)).toBe(false);
});

test('it is ended, too, where whoever started it was killed before the id was written, or another took its file', async () => {
  const first = start('mirror');
  fs.rmSync(file('mirror'));
  const second = start('mirror');
  // Until the kernel has made it the program, its environment is that of who started it.
  expect(
    await until(
      () =>
        [first, second].every((pid) => fs.readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n'),
      5,
    ),
  ).toBe(true);
  await stopDaemon(file('mirror'));
  expect([runs(first), runs(second)]).toEqual([false, false]);
});
