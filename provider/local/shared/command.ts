import { execFile, type ExecFileException } from 'node:child_process';

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Standard input. Default: empty. */
  input?: string;
  /** Seconds after which the program is killed. Default 60. */
  seconds?: number;
}

/** Describes why a program has no exit code. */
function withoutExitCode(command: string, error: ExecFileException, seconds: number): Error {
  if (error.code === 'ENOENT')
    return new Error(`${command.split(' ')[0]} is not installed: run ./lab doctor`);
  if (error.killed && !error.code)
    return new Error(`${command} did not end within ${seconds} s and was killed`);
  return new Error(`${command}: ${error.message}`);
}

/**
 * Runs a program without a shell. Any exit code is accepted; throws if the program cannot be
 * started or does not end within its limit.
 */
export function attempt(
  program: string,
  args: string[],
  { input = '', seconds = 60 }: CommandOptions = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { timeout: seconds * 1000, maxBuffer: 16 * 2 ** 20 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') {
          reject(withoutExitCode([program, ...args].join(' '), error, seconds));
        } else {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr });
        }
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Runs a program and returns its output. Throws an Error with the command and its message if it
 * fails.
 */
export async function run(
  program: string,
  args: string[],
  options?: CommandOptions,
): Promise<string> {
  const result = await attempt(program, args, options);
  if (result.code !== 0) {
    throw new Error(
      `${program} ${args.join(' ')} failed (${result.code}): ${(result.stderr || result.stdout).trim()}`,
    );
  }
  return result.stdout;
}

/** Runs `ip` inside a network namespace. */
export const ipIn = (namespace: string, ...args: string[]): Promise<string> =>
  run('ip', ['-n', namespace, ...args]);

/** Runs a program inside a network namespace. Throws if it fails. */
export const runIn = (
  namespace: string,
  program: string,
  args: string[],
  options?: CommandOptions,
): Promise<string> => run('ip', ['netns', 'exec', namespace, program, ...args], options);

/** Like `runIn`, but any exit code is accepted. */
export const attemptIn = (namespace: string, program: string, args: string[]): Promise<Result> =>
  attempt('ip', ['netns', 'exec', namespace, program, ...args]);

/**
 * Shell command that loads nftables rules from its standard input. Node.js gives a program a socket
 * there, and nft 1.0.9 (Ubuntu 24.04) accepts only files and pipes: `Not a regular file:
 * "/dev/stdin"`.
 */
export const LOAD_NFT = 'cat | nft -f -';

/** Loads nftables rules into a network namespace, in one transaction. */
export const loadNft = (namespace: string, rules: string): Promise<string> =>
  runIn(namespace, 'sh', ['-c', LOAD_NFT], { input: rules });
