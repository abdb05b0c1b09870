import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { poll } from '../../../util/poll';
import { isRunning, startTimeOf, type ProcessIdentity } from '../../../util/process';

/** A process that outlives the engine. */
type Daemon = ProcessIdentity;

/** Returns the running process that `file` names; `undefined` if it has ended. */
export function readDaemon(file: string): Daemon | undefined {
  try {
    const daemon = JSON.parse(fs.readFileSync(file, 'utf8')) as Daemon;
    if (isRunning(daemon)) return daemon;
    return undefined;
  } catch {
    return undefined;
  }
}

/**
 * Environment variable that marks a process and its children as a lab's. The audit uses it after
 * all files are deleted.
 */
const MARK = 'HARDWAY_OWNER';
export const markOf = (lab: string): Record<string, string> => ({ [MARK]: lab });

/** Environment variable that identifies the daemon: the path of the file with its process id. */
const WHICH = 'HARDWAY_DAEMON';

/** Returns the ids of processes started for a lab, from their environment. */
export const processesStartedFor = (lab: string): number[] => processesWith(`${MARK}=${lab}`);

/** Returns the ids of processes with an entry, `NAME=value`, in their environment. */
export function processesWith(mark: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => {
      if (!/^\d+$/.test(entry) || startTimeOf(Number(entry)) === undefined) return false;
      try {
        return fs.readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * Starts a program of a lab, detached from this process. Writes its output to `log` and its process
 * id to `file`.
 */
export function startDaemon(
  lab: string,
  file: string,
  log: string,
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Daemon {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const output = fs.openSync(log, 'a', 0o600);
  // Does not inherit this process's environment, which may hold secrets of the engine.
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, ...environment, ...markOf(lab), [WHICH]: file },
    cwd: '/',
  });
  fs.closeSync(output);
  child.unref();
  // ENOENT is reported as an event. Without a listener it would end the provider.
  child.on('error', () => undefined);
  if (child.pid === undefined)
    throw new Error(`${program} can't be started: run ./lab doctor to find out what is missing`);
  const daemon = { pid: child.pid, started: startTimeOf(child.pid) ?? '' };
  fs.writeFileSync(file, JSON.stringify(daemon), { mode: 0o600 });
  return daemon;
}

/** Sends a signal to a process; fine if the process has ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Kills all processes that `find` returns, in that order, until it finds none. Returns false if
 * some still run after `limit` milliseconds.
 */
export function endAll(find: () => number[], { limit }: { limit: number }): Promise<boolean> {
  return poll(
    () => {
      const pids = find();
      for (const pid of pids) sendSignal(pid, 'SIGKILL');
      return pids.length === 0;
    },
    { limit },
  );
}

/**
 * Stops the process that `file` names: SIGTERM, and SIGKILL after `patience` milliseconds. Returns
 * after it and all its processes have ended.
 */
export async function stopDaemon(file: string, patience = 5000): Promise<void> {
  const daemon = readDaemon(file);
  if (daemon) {
    sendSignal(daemon.pid, 'SIGTERM');
    if (!(await poll(() => !isRunning(daemon), { limit: patience }))) {
      sendSignal(daemon.pid, 'SIGKILL');
      await poll(() => !isRunning(daemon), { limit: 5000 });
    }
  }
  // Also ends processes of this daemon with an id that was never written, because their starter was
  // killed.
  await endAll(() => processesWith(`${WHICH}=${file}`), { limit: 5000 });
  fs.rmSync(file, { force: true });
}
