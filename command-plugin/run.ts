import * as fs from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import type { Call } from '../provider/protocol/resource-kind';
import { textIf } from '../util/optional';
import { ALIAS, type Connection } from './connection';
import { dial } from './dial';
import { lastLine, newLog, startSsh, type Master } from './ssh-master';

/** Longest part of a failed command's output in an error, in characters: the end. */
const TAIL = 8000;

/** Longest part of the command itself in an error, in characters: the beginning. */
const HEAD = 200;

/** Longest value of an environment variable, in characters. Linux accepts no longer ones. */
const LONGEST_VARIABLE = 100_000;

export interface RunOptions {
  connection: Connection;
  /** Command for the node's shell. Must not be secret: error messages and process lists show it. */
  command: string;
  stdin?: string;
  /** Environment variables. The node's sshd decides which it accepts. */
  variables: Record<string, string>;
  logStdout: boolean;
  logStderr: boolean;
}

/** Output of a command, without the last line end. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/**
 * Collects a stream's text. Passes each chunk to `onChunk` and each complete line to `onLine`.
 * Returns a function that returns all text so far.
 */
function gather(
  stream: Readable,
  onChunk: (text: string) => void,
  onLine: ((text: string) => void) | undefined,
): () => string {
  const decoder = new StringDecoder('utf8');
  const chunks: string[] = [];
  let rest = '';
  const take = (text: string): void => {
    if (text === '') return;
    chunks.push(text);
    onChunk(text);
    if (!onLine) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    lines.forEach(onLine);
  };
  stream.on('data', (bytes: Buffer) => take(decoder.write(bytes)));
  stream.on('end', () => {
    take(decoder.end());
    if (rest) onLine?.(rest);
  });
  return () => chunks.join('');
}

const withoutLineEnd = (text: string): string => text.replace(/\n$/, '');

function failure(options: RunOptions, ending: string, output: string): Error {
  const { command, connection } = options;
  const head = `${command.slice(0, HEAD)}${textIf(command.length > HEAD, '…')}`;
  const where = `${ending}: running ${JSON.stringify(head)} on ${connection.host}`;
  if (!output) return new Error(`${where}, with no output`);
  const tail = `${textIf(output.length > TAIL, '…')}${output.slice(-TAIL)}`;
  return new Error(`${where}:\n${tail}`);
}

/** Explains why ssh ended without success. */
function endingOf(code: number | null, log: string, call: Call | undefined): string {
  if (call?.signal.aborted) return 'stopped (interrupted, or custom timeout exceeded)';
  const reason = lastLine(log);
  // ssh exits with 255 when the connection fails. A command may exit with 255 too, but then the log
  // of ssh is empty.
  if (code === 255 && reason) return `the connection was lost (${reason})`;
  if (code === null) return 'ssh was killed';
  return `Process exited with status ${code}`;
}

async function session(
  master: Master,
  options: RunOptions,
  call: Call | undefined,
): Promise<CommandOutput> {
  const log = newLog(master.configuration);
  const variables = Object.entries(options.variables).filter(
    ([, value]) => value !== '' && value.length < LONGEST_VARIABLE && !value.includes('\0'),
  );
  const child = startSsh(
    ['-F', master.configuration, '-S', master.socket, '-E', log, '--', ALIAS, options.command],
    {
      stdin: options.stdin ? 'pipe' : 'ignore',
      env: { ...process.env, ...Object.fromEntries(variables) },
    },
  );
  let output = '';
  const keepTail = (text: string): void => {
    output = (output + text).slice(-2 * TAIL);
  };
  const show = (text: string): void => call?.status(text);
  const stdout = gather(child.stdout!, keepTail, options.logStdout ? show : undefined);
  const stderr = gather(child.stderr!, keepTail, options.logStderr ? show : undefined);
  const stop = (): void => {
    child.kill('SIGTERM');
    // The master keeps the other ends open while the command runs.
    child.stdout!.destroy();
    child.stderr!.destroy();
  };
  call?.signal.addEventListener('abort', stop, { once: true });
  if (call?.signal.aborted) stop();
  child.stdin?.end(options.stdin);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw failure(options, endingOf(code, log, call), output);
    return { stdout: withoutLineEnd(stdout()), stderr: withoutLineEnd(stderr()) };
  } finally {
    call?.signal.removeEventListener('abort', stop);
    fs.rmSync(log, { force: true });
  }
}

/**
 * Runs a command on a node and returns its output. Throws an Error with the exit status and the end
 * of the output if the command fails.
 */
export async function runCommand(
  options: RunOptions,
  call: Call | undefined,
): Promise<CommandOutput> {
  const master = await dial(options.connection, call);
  try {
    return await session(master, options, call);
  } finally {
    master.leave();
  }
}
