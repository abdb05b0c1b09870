import { execFile, type ExecFileException } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Report } from '../../checks';
import { root } from '../../util/repo-root';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Labs of the tests have a state directory of their own, so that they can't meet a user's. */
export const state = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-test-'));
export const environment = { ...process.env, HARDWAY_STATE: state };

/** Runs a program, bounded in time; an exit code is part of the answer. */
export function run(
  program: string,
  args: string[],
  options: { minutes?: number; input?: string; env?: NodeJS.ProcessEnv } = {},
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
    // A program that ends without reading its input is no error here.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** `./lab …` as a user types it. */
export const lab = (...args: string[]): Promise<Ran> => run('./lab', args, { minutes: 60 });

/** The same, which must succeed; returns what it printed. */
export async function labPrints(...args: string[]): Promise<string> {
  const ran = await lab(...args);
  if (ran.code !== 0)
    throw new Error(`./lab ${args.join(' ')} exited ${ran.code}:\n${ran.stdout}\n${ran.stderr}`);
  return ran.stdout;
}

/** A command line typed on a node, as ubuntu. */
export const onNode = (name: string, node: string, line: string): Promise<Ran> =>
  lab('ssh', name, node, '--', line);

/** The same with sudo bash, which must succeed: for breaking and mending things. */
export async function asRoot(name: string, node: string, line: string): Promise<string> {
  const ran = await run('./lab', ['ssh', name, node, '--', 'sudo', 'bash', '-s'], {
    input: `${line}\n`,
  });
  if (ran.code !== 0) throw new Error(`${node}: ${line} exited ${ran.code}: ${ran.stderr}`);
  return ran.stdout;
}

/** Runs a program in a lab's router, as the cloud's provider would. */
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

/** What a person should see when checks fail that shouldn't: their own words. */
export const failures = (report: Report): string[] =>
  report.checks
    .filter((check) => check.status === 'fail')
    .map((check) => `${check.id}: ${check.reason}\n  evidence: ${check.evidence}`);
