import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { state } from '../../support/command';
import { inProcesses } from '../../support/leftovers';

const LAB = `local-unit-${process.pid}`;

let running: ChildProcess | undefined;

/** Starts a program for some seconds, with a word behind its own. */
async function start(seconds: number, word: string, env = {}): Promise<void> {
  const program = `console.log('started'); setTimeout(() => undefined, ${seconds * 1000})`;
  running = spawn(process.execPath, ['-e', program, '--', word], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(running.stdout!, 'data');
}

const found = (): string =>
  expect.stringMatching(new RegExp(`^process ${running!.pid} `)) as unknown as string;

afterEach(() => running?.kill());
afterAll(() => fs.rmSync(state, { recursive: true, force: true }));

describe('a process is a trace of a lab', () => {
  test('if the lab has started it, even if it ends soon', async () => {
    await start(1, '', { HARDWAY_OWNER: LAB });
    expect(await inProcesses(LAB)).toEqual([found()]);
  });

  test('if it stays with a file of the lab on its command line', async () => {
    await start(10, `/somewhere/labs/${LAB}/key`);
    expect(await inProcesses(LAB)).toEqual([found()]);
  });

  test('not if it soon ends with a file of the lab on its command line', async () => {
    await start(1, `/somewhere/labs/${LAB}/key`);
    expect(await inProcesses(LAB)).toEqual([]);
  });
});
