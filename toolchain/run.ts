import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ifPresent, textIf } from '../util/optional';
import { ToolchainError } from './errors';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Receives each line of stdout and stderr as soon as it is printed. */
  onLine?: (line: string) => void;
  /** File that receives all output. Error messages name this file. */
  log?: string;
}

/** Result of a command: exit code (128 + signal if it was killed) and its output. */
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

/** Running commands. They are killed when this process exits. */
const children = new Set<ChildProcess>();
process.on('exit', () => children.forEach((child) => child.kill()));

/**
 * Runs a command until it ends; any exit code is accepted. Throws a ToolchainError if the command
 * cannot be started.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const log = ifPresent(options.log, (file) => openLog(file, command, args));
    const outcome: Outcome = { code: 0, stdout: '', stderr: '' };
    const rest = { stdout: '', stderr: '' };
    const receive =
      (stream: 'stdout' | 'stderr') =>
      (chunk: string): void => {
        outcome[stream] += chunk;
        log?.write(chunk);
        const lines = (rest[stream] + chunk).split('\n');
        rest[stream] = lines.pop()!;
        for (const line of lines) if (line.trim() !== '') options.onLine?.(line.trim());
      };
    child.stdout.setEncoding('utf8').on('data', receive('stdout'));
    child.stderr.setEncoding('utf8').on('data', receive('stderr'));
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

/**
 * Runs a command and returns its stdout. If it fails, throws a ToolchainError with `purpose`, the
 * last lines of output and the path of the log.
 */
export async function runOrThrow(
  purpose: string,
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
  const log = textIf(options.log !== undefined, `\nFull output: ${options.log}`);
  throw new ToolchainError(
    `${purpose} failed (${path.basename(command)}, exit code ${outcome.code}):\n${last.map((line) => `  ${line}`).join('\n')}${log}`,
  );
}
