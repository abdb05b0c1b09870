import { boundedRun, type RunOptions } from '../util/bounded-run';

/**
 * Runs a program and returns its standard output. Throws an Error with the end of the output if the
 * program fails.
 */
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
