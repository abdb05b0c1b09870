import { spawn, type ChildProcess } from 'node:child_process';
import { agentMachine, agentWords } from '../../../walk/taps/agent';
import { until } from '../../support/until';

/** Starts an agent on this host, without SSH and without root. */
function startAgent(): ChildProcess {
  const [program, ...args] = agentWords();
  return spawn(program, args, { stdio: 'pipe' });
}

/** Whether a process exists. A zombie has ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const ended = (pid: number): Promise<unknown> =>
  until('the program ends', () => !isAlive(pid) || undefined);

describe('an agent on a node', () => {
  test('runs a program with its input, and returns output, errors and exit code', async () => {
    const machine = await agentMachine('worker-0', startAgent());
    const script = 'read word; echo "got $word"; echo wrong >&2; exit 3';
    const ran = await machine.run(['sh', '-c', script], 'a b ÿ\n');
    expect(ran).toEqual({ code: 3, stdout: 'got a b ÿ\n', stderr: 'wrong\n' });
    await machine.close();
  });

  test('reports a program that does not exist', async () => {
    const machine = await agentMachine('worker-0', startAgent());
    const ran = await machine.run(['no-such-program']);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain('no-such-program');
    await machine.close();
  });

  test('passes more output than a pipe holds, byte for byte', async () => {
    const machine = await agentMachine('worker-0', startAgent());
    const program = machine.start(['sh', '-c', 'head -c 300000 /dev/zero; printf end']);
    await until('the program ends', () => program.hasEnded || undefined);
    expect(program.output()).toEqual(Buffer.concat([Buffer.alloc(300_000), Buffer.from('end')]));
    await machine.close();
  });

  test('ends its programs when its input ends', async () => {
    const child = startAgent();
    const machine = await agentMachine('worker-0', child);
    const program = machine.start(['sleep', '1000']);
    const pid = await until('the program starts', () => program.pid);
    expect(isAlive(pid)).toBe(true);
    child.stdin!.end();
    await ended(pid);
    expect(program.hasEnded).toBe(true);
  });

  test('ends its programs when it is killed', async () => {
    const child = startAgent();
    const machine = await agentMachine('worker-0', child);
    const program = machine.start(['sleep', '1000']);
    const pid = await until('the program starts', () => program.pid);
    child.kill('SIGKILL');
    await ended(pid);
    expect((await machine.run(['true'])).code).toBe(-1);
  });

  test('ends after its time, also without a word from the walk', async () => {
    const [program, option, script] = agentWords();
    const child = spawn(program, [option, script, '1'], { stdio: 'pipe' });
    const machine = await agentMachine('worker-0', child);
    const sleep = machine.start(['sleep', '1000']);
    const pid = await until('the program starts', () => sleep.pid);
    await ended(pid);
    expect(sleep.hasEnded).toBe(true);
  });

  test('reports the message of a login that fails', async () => {
    const refused = spawn('sh', ['-c', 'echo "Permission denied (publickey)." >&2; exit 255'], {
      stdio: 'pipe',
    });
    await expect(agentMachine('worker-0', refused)).rejects.toThrow(
      'worker-0: Permission denied (publickey).',
    );
  });
});
