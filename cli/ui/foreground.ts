import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { unable } from '../errors';

/**
 * Runs a program in the foreground, with the same terminal, input and output. Returns its exit
 * code, or 128 + n if signal n ended it. Throws a Failure if the program does not exist.
 */
export function runInForeground(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<number> {
  // Ctrl-C reaches the program through the terminal, and the program handles it.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    child.on('error', (error) => reject(unable(`${program} can't be run: ${error.message}`)));
    child.on('close', (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  }).finally(() => process.off('SIGINT', ignore));
}
