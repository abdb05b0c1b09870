import { spawn } from 'node:child_process';

/** What a program did. `code` is -1 where it could not be started or was stopped for taking too long. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string;
  environment?: NodeJS.ProcessEnv;
  /** The program is killed after so many seconds. */
  seconds: number;
  /** Kills the program at once. */
  signal?: AbortSignal;
}

/**
 * Runs a program to its end, or to its time's; never rejects.
 * It gets a process group of its own, so that Ctrl-C at the terminal leaves it to us to stop things in order.
 */
export function boundedRun(program: string, args: string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      detached: true,
      env: options.environment ?? process.env,
      stdio: 'pipe',
    });
    let [stdout, stderr] = ['', ''];
    let late = false;
    const stop = (): boolean => child.kill('SIGKILL');
    const timer = setTimeout(() => {
      late = true;
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
      resolve(
        late
          ? { code: -1, stdout, stderr: `no end after ${options.seconds} s\n${stderr}` }
          : { code: code ?? -1, stdout, stderr },
      );
    });
    // A program that ends without reading its input is no fault of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
