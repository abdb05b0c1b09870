import { boundedRun } from '../../util/bounded-run';

/** Limit of one run, in seconds. */
const SECONDS = 10;

/**
 * Runs a program of the host and returns its output. Throws an Error with its message if it fails.
 * `shown`: the command as a student types it.
 */
export async function run(
  program: string,
  args: string[],
  shown = `${program} ${args.join(' ')}`,
): Promise<string> {
  const ran = await boundedRun(program, args, { seconds: SECONDS });
  if (ran.code !== 0) throw new Error(`\`${shown}\` exited ${ran.code}: ${ran.stderr.trim()}`);
  return ran.stdout;
}
