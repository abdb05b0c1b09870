import { spawn } from 'node:child_process';

/**
 * Result of a program. `code` is -1 if the program could not be started or exceeded its time limit.
 */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string;
  environment?: NodeJS.ProcessEnv;
  /** Time limit in seconds. The program is killed when it is reached. */
  seconds: number;
  /** Kills the program as soon as the signal aborts. */
  signal?: AbortSignal;
}

/**
 * Runs a program until it ends or its time limit is reached. Never rejects.
 * The program gets its own process group: Ctrl-C at the terminal does not reach it, so the caller
 * can stop programs in order.
 */
export function boundedRun(program: string, args: string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      detached: true,
      env: options.environment ?? process.env,
      stdio: 'pipe',
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const stop = (): boolean => child.kill('SIGKILL');
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, options.seconds * 1000);
    options.signal?.addEventListener('abort', stop);
    if (options.signal?.aborted) stop();
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ code: -1, stdout, stderr: `can't run ${program}: ${error.message}` });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', stop);
      if (!timedOut) {
        resolve({ code: code ?? -1, stdout, stderr });
        return;
      }
      const reason = `stopped after ${options.seconds} s, its time limit`;
      resolve({ code: -1, stdout, stderr: `${reason}\n${stderr}` });
    });
    // A program may end without reading its input. That is not an error.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
