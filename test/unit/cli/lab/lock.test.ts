import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { EXIT } from '../../../../cli/errors';
import { damagedState, repairState, removeRecords } from '../../../../cli/engine/state-files';
import { withLabLock } from '../../../../cli/lab/lock';
import { parseLab } from '../../../../cli/lab/name';

let state: string;
const given = { ...process.env };

beforeEach(() => {
  state = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-turn-'));
  process.env.HARDWAY_STATE = state;
  process.env.HARDWAY_CLOUD = path.join(state, 'cloud');
  process.env.HARDWAY_HOST = path.join(state, 'host');
  delete process.env.PULUMI_BACKEND_URL;
});

afterEach(() => {
  for (const name of ['HARDWAY_STATE', 'HARDWAY_CLOUD', 'PULUMI_BACKEND_URL']) {
    if (given[name] === undefined) delete process.env[name];
    else process.env[name] = given[name];
  }
  fs.rmSync(state, { recursive: true });
});

describe("a lab's lock", () => {
  const lab = parseLab('turns');

  test('refuses a second command with exit code 3 and the holder, but no command of another lab', async () => {
    await withLabLock(lab, 'up', async () => {
      await expect(withLabLock(lab, 'down', async () => 'done')).rejects.toMatchObject({
        exitCode: EXIT.machine,
        message: expect.stringMatching(
          new RegExp(
            `local-turns is in use by \\./lab up, process ${process.pid}, since \\d\\d:\\d\\d:\\d\\d`,
          ),
        ),
      });
      expect(await withLabLock(parseLab('other'), 'down', async () => 'done')).toBe('done');
    });
    expect(await withLabLock(lab, 'down', async () => 'done')).toBe('done');
  });

  test('is released after a failure', async () => {
    await expect(withLabLock(lab, 'up', () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    expect(await withLabLock(lab, 'up', async () => 'done')).toBe('done');
  });

  test('ends processes that an earlier holder left, and later its own', async () => {
    const sleep = (env = process.env): ReturnType<typeof spawn> =>
      spawn('sleep', ['600'], { env, stdio: 'ignore' });
    let own: NodeJS.ProcessEnv = {};
    let ended: Promise<unknown[]> | undefined;
    await withLabLock(lab, 'up', async () => {
      own = { ...process.env };
      ended = once(sleep(), 'exit');
    });
    expect((await ended)![1]).toBe('SIGKILL');
    const [left, foreign] = [sleep(own), sleep()];
    const leftEnded = once(left, 'exit');
    await withLabLock(lab, 'up', async () => expect((await leftEnded)[1]).toBe('SIGKILL'));
    expect(foreign.exitCode ?? foreign.signalCode).toBeNull();
    foreign.kill();
  });
});

describe('a damaged state', () => {
  const file = (stack: string, end = ''): string =>
    path.join(state, 'backend/.pulumi/stacks/hardway-lab', `${stack}.json${end}`);
  const write = (stack: string, text: string, end = ''): void => {
    fs.mkdirSync(path.dirname(file(stack)), { recursive: true });
    fs.writeFileSync(file(stack, end), text);
  };

  test('is not found in a complete or missing file', () => {
    write('local', '{"version": 3}');
    expect([damagedState('local'), damagedState('local-s01'), repairState('local')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is replaced by the backup, and kept beside it', () => {
    write('local', '{"vers');
    write('local', '{"version": 3}', '.bak');
    expect(damagedState('local')).toMatchObject({
      exitCode: EXIT.machine,
      message: expect.stringContaining(`${file('local')} (`),
      cure: expect.stringMatching(/^\.\/lab up continues .*; \.\/lab down removes/),
    });
    expect(repairState('local')).toContain(`kept as ${file('local')}.cut`);
    expect(fs.readFileSync(file('local'), 'utf8')).toBe('{"version": 3}');
    expect(fs.readFileSync(file('local', '.cut'), 'utf8')).toBe('{"vers');
  });

  test('stays as it is without a backup, or if a lab in a cloud could be forgotten', () => {
    write('local', '');
    write('aws', '');
    write('aws', '{"version": 3}', '.bak');
    expect(() => repairState('local')).toThrow(/local is damaged: .*0 bytes/);
    expect(() => repairState('aws')).toThrow(/aws is damaged/);
    expect(damagedState('aws')!.cure).not.toMatch(/lab (up|down)/);
    expect([fs.readFileSync(file('local'), 'utf8'), fs.readFileSync(file('aws'), 'utf8')]).toEqual([
      '',
      '',
    ]);
  });

  test("is ignored in the user's own backend", () => {
    write('local', '');
    process.env.PULUMI_BACKEND_URL = 'file:///elsewhere';
    expect(damagedState('local')).toBeUndefined();
    removeRecords('local');
    expect(fs.existsSync(file('local'))).toBe(true);
  });

  test('is deleted with its lab, backups and locks, without those of other labs', () => {
    write('local', '');
    for (const end of ['.bak', '.cut', '.attrs', '.bak.18ea819652ea5c1d.tmp'])
      write('local', '', end);
    write('local-s01', '{}');
    removeRecords('local');
    expect(fs.readdirSync(path.dirname(file('local')))).toEqual(['local-s01.json']);
  });
});
