import { spawn } from 'node:child_process';
import { boundedRun, type Ran } from '../../util/bounded-run';
import { endsWithParent } from '../../util/ends-with-parent';
import { readKernelFile } from '../../util/kernel-files';

/** Program that runs on a machine until it ends, or until the walk ends. */
export interface Program {
  /** Number of the process on its machine; `undefined` until the program has started. */
  readonly pid: number | undefined;
  /** Whether the program has ended, or could not be started. */
  readonly hasEnded: boolean;
  /** Everything that the program wrote to its standard output. */
  output(): Buffer;
  /** Returns what the program wrote to its standard error since the last call. */
  takeErrors(): string;
  write(text: string): void;
  signal(name: 'USR1' | 'KILL'): void;
  /** Ends the program and resolves when all its output has been read. */
  stop(): Promise<void>;
}

/** Milliseconds that a machine has for its part of a walk. */
export interface Patience {
  /** Until a tap is ready. */
  ready: number;
  /** Until a tap has written everything that the kernel passed to it. */
  drain: number;
  /** Between two questions about a tap. */
  interval: number;
}

/** Machine that runs a walk's programs: this host, or a node over SSH. */
export interface Machine {
  /** Name of the machine. Sightings of two machines have different clocks. */
  name: string;
  /** Words that start tcpdump. */
  tcpdump: string[];
  patience: Patience;
  /** Starts a program. The kernel kills it when the walk's process ends. */
  start(words: string[]): Program;
  /** Runs a program until it ends. Never rejects. */
  run(words: string[], stdin?: string): Promise<Ran>;
  /** Reads a file of the kernel; empty if what it describes no longer exists. */
  read(file: string): Promise<string>;
  /** Ends every program. */
  close(): Promise<void>;
}

/** Limit of one run, in seconds. */
export const RUN_SECONDS = 10;

/** Seconds after which a program ends, even if the walk does not stop it. */
const LIFETIME = 15;

/** Starts a program on this host. */
function startHere(words: string[]): Program {
  const [program, ...args] = endsWithParent(words);
  const child = spawn(program, args, { stdio: 'pipe', detached: true });
  const output: Buffer[] = [];
  let errors = '';
  let hasEnded = false;
  const timer = setTimeout(() => child.kill('SIGKILL'), LIFETIME * 1000);
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  void ended.then(() => clearTimeout(timer));
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.on('exit', () => (hasEnded = true));
  child.on('error', (error) => {
    errors += error.message;
    hasEnded = true;
  });
  return {
    pid: child.pid,
    get hasEnded() {
      return hasEnded;
    },
    output: () => Buffer.concat(output),
    takeErrors() {
      const taken = errors;
      errors = '';
      return taken;
    },
    write: (text) => void child.stdin.write(text),
    signal: (name) => void child.kill(`SIG${name}`),
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Returns the host as a machine. `tree`: Debian tree of the nodes, which has tcpdump. */
export const hostMachine = (tree: string): Machine => ({
  name: 'host',
  tcpdump: ['chroot', tree, '/usr/bin/tcpdump'],
  patience: { ready: 3000, drain: 400, interval: 15 },
  start: startHere,
  run: ([program, ...args], stdin) => boundedRun(program, args, { seconds: RUN_SECONDS, stdin }),
  read: (file) => Promise.resolve(readKernelFile(file) ?? ''),
  close: () => Promise.resolve(),
});
