import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ToolchainError } from './errors';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Gets each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void;
  /** Everything the command prints is kept here; a failure names this file. */
  log?: string;
}

/** How a command ended: exit code (128 + signal where it was killed) and all it printed on stdout. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const SIGNALS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
};

/** What runs now: none of it outlives this process, as nobody would wait for it. */
const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill()));

/** Runs a command to its end, whatever its exit code. Throws a ToolchainError where it can't be started. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const log = options.log === undefined ? undefined : openLog(options.log, command, args);
    const outcome: Outcome = { code: 0, stdout: '', stderr: '' };
    const rest = { stdout: '', stderr: '' };
    const take =
      (stream: 'stdout' | 'stderr') =>
      (chunk: string): void => {
        outcome[stream] += chunk;
        log?.write(chunk);
        const lines = (rest[stream] + chunk).split('\n');
        rest[stream] = lines.pop()!;
        for (const line of lines) if (line.trim() !== '') options.onLine?.(line.trim());
      };
    child.stdout.setEncoding('utf8').on('data', take('stdout'));
    child.stderr.setEncoding('utf8').on('data', take('stderr'));
    child.on('error', (error) =>
      reject(new ToolchainError(`${command} can't be started: ${error.message}`)),
    );
    child.on('close', (code, signal) => {
      children.delete(child);
      outcome.code = code ?? 128 + (SIGNALS[signal!] ?? 0);
      if (log) log.end(() => resolve(outcome));
      else resolve(outcome);
    });
  });
}

function openLog(file: string, command: string, args: string[]): fs.WriteStream {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const log = fs.createWriteStream(file, { flags: 'a' });
  log.write(`$ ${[command, ...args].join(' ')}\n`);
  return log;
}

/** Runs a command that must succeed; returns its stdout. A failure says what was tried, its last lines and the log. */
export async function must(
  what: string,
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const outcome = await run(command, args, options);
  if (outcome.code === 0) return outcome.stdout;
  const last = `${outcome.stdout}\n${outcome.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-12);
  const where = options.log === undefined ? '' : `\nAll of its output is in ${options.log}`;
  throw new ToolchainError(
    `${what} failed (${path.basename(command)}, exit code ${outcome.code}):\n${last.map((line) => `  ${line}`).join('\n')}${where}`,
  );
}
