import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { agentMachine, agentWords } from '../../../walk/taps/agent';
import { until } from '../../support/until';

/** Starts an agent on this host, without SSH and without root. `bin` comes before PATH. */
function startAgent(bin = '/nowhere'): ChildProcess {
  const [program, ...args] = agentWords();
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  return spawn(program, args, { stdio: 'pipe', env });
}

/** Makes a directory with a setpriv that starts late, as on a busy host. */
function lateSetpriv(): string {
  const bin = fs.mkdtempSync(path.join(os.tmpdir(), 'late-setpriv-'));
  const script = '#!/bin/sh\nsleep 1\nPATH=${PATH#*:} exec setpriv "$@"\n';
  fs.writeFileSync(path.join(bin, 'setpriv'), script, { mode: 0o755 });
  return bin;
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

  test('starts no program after it was killed', async () => {
    const bin = lateSetpriv();
    const child = startAgent(bin);
    const machine = await agentMachine('worker-0', child);
    const late = machine.start(['sleep', '100']);
    const pid = await until('the program is being started', () => late.pid);
    child.kill('SIGKILL');
    await ended(pid);
    expect(late.output().toString()).toBe('');
    fs.rmSync(bin, { recursive: true });
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
