import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isRunning, programOf, startTimeOf } from '../../../util/process';

describe('startTimeOf', () => {
  test('is the same for every read of one process, and identifies it', () => {
    const started = startTimeOf(process.pid)!;
    expect(started).toMatch(/^\d+$/);
    expect(isRunning({ pid: process.pid, started })).toBe(true);
    expect(isRunning({ pid: process.pid, started: `${started}0` })).toBe(false);
  });

  test('is undefined for an ended process: its program has no name', async () => {
    const child = spawn('true');
    await once(child, 'close');
    expect(startTimeOf(child.pid!)).toBeUndefined();
    expect(programOf(child.pid!)).toBe('');
  });

  test('is undefined for a zombie', async () => {
    // The shell starts a child and then becomes `sleep`, which never waits for the child.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60']);
    try {
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
      const zombie = Number(chunk.toString());
      expect(zombie).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(programOf(zombie)).toBe('sleep');
      expect(startTimeOf(zombie)).toBeUndefined();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
