import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { unable } from '../errors';

/**
 * Runs a program in this one's place: same terminal, same input and output. Returns its exit code, 128 + n where
 * signal n ended it. Throws a Failure where there is no such program.
 */
export function runInForeground(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<number> {
  // Ctrl-C is the program's to answer; it reaches it through the terminal.
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
