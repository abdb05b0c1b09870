import * as fs from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import type { Call } from '../provider/protocol/resource-kind';
import { ALIAS, type Connection } from './connection';
import { dial } from './dial';
import { lastLine, newLog, startSsh, type Master } from './ssh-master';

/** What of a failing command's output an error shows, in characters. */
const TAIL = 8000;

/** What of its text, enough to recognize it. */
const HEAD = 200;

/** Longer values don't fit an environment entry. */
const LONGEST_VARIABLE = 100_000;

export interface RunOptions {
  connection: Connection;
  /** Text for the machine's shell. Not secret: it is seen in error messages and process lists. */
  command: string;
  stdin?: string;
  /** Passed as far as the machine's sshd accepts them. */
  variables: Record<string, string>;
  logStdout: boolean;
  logStderr: boolean;
}

export interface Ran {
  /** Without the last line end. */
  stdout: string;
  stderr: string;
}

/** Gathers a stream's text, tells its whole lines to `line`, and hands every piece to `piece`. */
function gather(
  stream: Readable,
  piece: (text: string) => void,
  line: ((text: string) => void) | undefined,
): () => string {
  const decoder = new StringDecoder('utf8');
  const pieces: string[] = [];
  let rest = '';
  const take = (text: string): void => {
    if (text === '') return;
    pieces.push(text);
    piece(text);
    if (!line) return;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    lines.forEach(line);
  };
  stream.on('data', (bytes: Buffer) => take(decoder.write(bytes)));
  stream.on('end', () => {
    take(decoder.end());
    if (rest) line?.(rest);
  });
  return () => pieces.join('');
}

const withoutLineEnd = (text: string): string => text.replace(/\n$/, '');

function failure(options: RunOptions, ending: string, output: string): Error {
  const head =
    options.command.length > HEAD ? `${options.command.slice(0, HEAD)}…` : options.command;
  const tail = output.length > TAIL ? `…${output.slice(-TAIL)}` : output;
  return new Error(
    `${ending}: running ${JSON.stringify(head)} on ${options.connection.host}${tail ? `:\n${tail}` : ', with no output'}`,
  );
}

/** Why ssh ended other than with the command's success. */
function endingOf(code: number | null, log: string, call: Call | undefined): string {
  if (call?.signal.aborted) return 'given up (interrupted, or the custom timeout is over)';
  const words = lastLine(log);
  // ssh's own exit code for its own troubles; a command may end with it too, but then ssh has nothing to say.
  if (code === 255 && words) return `the connection was lost (${words})`;
  return code === null ? 'ssh was killed' : `Process exited with status ${code}`;
}

async function session(master: Master, options: RunOptions, call: Call | undefined): Promise<Ran> {
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
  const piece = (text: string): void => {
    output = (output + text).slice(-2 * TAIL);
  };
  const show = (text: string): void => call?.status(text);
  const stdout = gather(child.stdout!, piece, options.logStdout ? show : undefined);
  const stderr = gather(child.stderr!, piece, options.logStderr ? show : undefined);
  const stop = (): void => {
    child.kill('SIGTERM');
    // The master holds their other ends for as long as the command runs.
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

/** Runs a command on a machine and returns what it printed. Throws an Error with status and output's end when it fails. */
export async function runCommand(options: RunOptions, call: Call | undefined): Promise<Ran> {
  const master = await dial(options.connection, call);
  try {
    return await session(master, options, call);
  } finally {
    master.leave();
  }
}
