import { execFile, type ExecFileException } from 'node:child_process';
import type { Report } from '../../checks';
import { root } from '../../util/repo-root';
import { createTestState } from './abandoned-labs';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** State directory of the tests' labs, separate from a user's labs. */
export const state = createTestState();
export const environment = { ...process.env, HARDWAY_STATE: state };

/** Runs a program with a time limit. Returns the exit code instead of throwing. */
export function run(
  program: string,
  args: string[],
  options: { minutes?: number; input?: string | Buffer; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        cwd: root,
        env: options.env ?? environment,
        timeout: (options.minutes ?? 3) * 60_000,
        maxBuffer: 64 * 2 ** 20,
      },
      (error: ExecFileException | null, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
    // A program may end without reading its input.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs `./lab …` like a user. */
export const lab = (...args: string[]): Promise<Ran> => run('./lab', args, { minutes: 60 });

/** Runs `./lab …`, which must succeed; returns its output. */
export async function labPrints(...args: string[]): Promise<string> {
  const ran = await lab(...args);
  if (ran.code !== 0)
    throw new Error(`./lab ${args.join(' ')} exited ${ran.code}:\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/** Runs a command line on a node as ubuntu. */
export const onNode = (name: string, node: string, line: string): Promise<Ran> =>
  lab('ssh', name, node, '--', line);

/** Runs a command line on a node as root, which must succeed; returns its output. */
export async function asRoot(name: string, node: string, line: string): Promise<string> {
  const ran = await run('./lab', ['ssh', name, node, '--', 'sudo', 'bash', '-s'], {
    input: `${line}\n`,
  });
  if (ran.code !== 0) throw new Error(`${node}: ${line} exited ${ran.code}: ${ran.stderr}`);
  return ran.stdout;
}

/** Runs a program in the network namespace of a lab's router. */
export async function inRouter(name: string, ...args: string[]): Promise<string> {
  const ran = await run('ip', ['netns', 'exec', `hardway.${name}.router`, ...args]);
  if (ran.code !== 0)
    throw new Error(`router: ${args.join(' ')} exited ${ran.code}: ${ran.stderr}`);
  return ran.stdout;
}

export async function verify(name: string, ...only: string[]): Promise<Report> {
  const ran = await lab('verify', name, '--json', ...only.flatMap((id) => ['--only', id]));
  return JSON.parse(ran.stdout) as Report;
}

export const failedIds = (report: Report): string[] =>
  report.checks.filter((check) => check.status === 'fail').map((check) => check.id);

/** Returns the id and the reason of each failed check, for the message of a failed test. */
export const failures = (report: Report): string[] =>
  report.checks
    .filter((check) => check.status === 'fail')
    .map((check) => `${check.id}: ${check.reason}\n  evidence: ${check.evidence}`);

/** Returns the options of `./lab up` that set config keys. */
export const withConfig = (config: Record<string, string | number>): string[] =>
  Object.entries(config).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
