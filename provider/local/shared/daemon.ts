import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** A process that outlives the engine, known by its id and the moment it started (ids are used again). */
export interface Daemon {
  pid: number;
  /** Clock ticks since the machine started, from /proc/PID/stat. */
  started: string;
}

/** The 22nd field of /proc/PID/stat, or undefined where there is no such process or it is a zombie. */
function startTime(pid: number): string | undefined {
  try {
    const fields = fs
      .readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const isAlive = (daemon: Daemon): boolean => startTime(daemon.pid) === daemon.started;

/** The running process that `file` names, or undefined. */
export function readDaemon(file: string): Daemon | undefined {
  try {
    const daemon = JSON.parse(fs.readFileSync(file, 'utf8')) as Daemon;
    return isAlive(daemon) ? daemon : undefined;
  } catch {
    return undefined;
  }
}

/** Marks a process, and what it starts, as a lab's: what the audit finds when every file about it is gone. */
const MARK = 'HARDWAY_OWNER';
export const markOf = (lab: string): Record<string, string> => ({ [MARK]: lab });

/** Says which of a lab's programs a process is, or belongs to: by the file that has its id. */
const WHICH = 'HARDWAY_DAEMON';

/** Ids of the processes that were started for a lab, from their environment. */
export const processesStartedFor = (lab: string): number[] => processesWith(`${MARK}=${lab}`);

/** Ids of the processes that have an entry, `NAME=value`, in their environment. */
export function processesWith(mark: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((entry) => {
      if (!/^\d+$/.test(entry) || startTime(Number(entry)) === undefined) return false;
      try {
        return fs.readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Starts a program of a lab detached from this process, its output in `log`, its id in `file`. */
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
  // Not this process's own environment: the engine's may hold what a lasting process should not.
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, ...environment, ...markOf(lab), [WHICH]: file },
    cwd: '/',
  });
  fs.closeSync(output);
  child.unref();
  // ENOENT comes as an event; without a listener it would end the provider.
  child.on('error', () => undefined);
  if (child.pid === undefined)
    throw new Error(`${program} can't be started: is it installed? ./lab doctor tells`);
  const daemon = { pid: child.pid, started: startTime(child.pid) ?? '' };
  fs.writeFileSync(file, JSON.stringify(daemon), { mode: 0o600 });
  return daemon;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until `condition` holds, at most `seconds`; says whether it came to hold. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  seconds: number,
): Promise<boolean> {
  for (let tries = seconds * 20; tries > 0; tries--) {
    if (await condition()) return true;
    await pause(50);
  }
  return condition();
}

/** Sends a signal to a process; fine if the process has ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends by force all processes whose ids `find` gives, in its order, until it finds none, at most `seconds`; says whether they are gone. */
export function endAll(find: () => number[], seconds: number): Promise<boolean> {
  return until(() => {
    const found = find();
    for (const pid of found) sendSignal(pid, 'SIGKILL');
    return found.length === 0;
  }, seconds);
}

/** Ends the process that `file` names, by force after `patience` seconds; returns when it is gone, and all that belongs to it. */
export async function stopDaemon(file: string, patience = 5): Promise<void> {
  const daemon = readDaemon(file);
  if (daemon) {
    sendSignal(daemon.pid, 'SIGTERM');
    if (!(await until(() => !isAlive(daemon), patience))) {
      sendSignal(daemon.pid, 'SIGKILL');
      await until(() => !isAlive(daemon), 5);
    }
  }
  // Started as this and in no file: who started it was killed before it had written the id down.
  await endAll(() => processesWith(`${WHICH}=${file}`), 5);
  fs.rmSync(file, { force: true });
}
