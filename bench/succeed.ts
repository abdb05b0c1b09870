import { boundedRun, type RunOptions } from '../util/bounded-run';

/** Runs a program that must succeed; returns what it printed. Throws an Error with the end of what it said where it fails. */
export async function succeed(
  program: string,
  args: string[],
  options: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await boundedRun(program, args, options);
  if (code !== 0)
    throw new Error(
      `${program} ${args.join(' ')} exited ${code}: ${`${stdout}\n${stderr}`.trim().slice(-1500)}`,
    );
  return stdout;
}
