import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readDaemon, startDaemon, stopDaemon } from '../../../../provider/local/shared/daemon';
import { poll } from '../../../../util/poll';

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

describe('stopDaemon', () => {
  test('ends the process that the file names, and no other', async () => {
    const one = start('one');
    const other = start('other');
    try {
      expect(readDaemon(file('one'))).toMatchObject({ pid: one });
      await stopDaemon(file('one'));
      expect([runs(one), runs(other)]).toEqual([false, true]);
    } finally {
      await stopDaemon(file('other'));
    }
    expect(runs(other)).toBe(false);
  });

  test('ends processes of the daemon that its file does not name', async () => {
    const first = start('mirror');
    fs.rmSync(file('mirror'));
    const second = start('mirror');
    // Before exec the environment is that of the process that started it.
    expect(
      await poll(
        () =>
          [first, second].every(
            (pid) => fs.readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n',
          ),
        { limit: 5000 },
      ),
    ).toBe(true);
    await stopDaemon(file('mirror'));
    expect([runs(first), runs(second)]).toEqual([false, false]);
  });
});
