import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Holder of a stack's lock, as the engine's message names it. */
export interface Holder {
  user: string;
  host: string;
  pid: number;
  since: string;
}

/**
 * Parses the holders in the engine's message "the stack is currently locked by". Empty if the
 * message names none (Pulumi Cloud).
 */
export function holders(message: string): Holder[] {
  return [...message.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map(
    ([, user, host, pid, since]) => ({
      user,
      host,
      pid: Number(pid),
      since,
    }),
  );
}

/** Returns whether the engine's message says that another engine works on the stack. */
export const isLocked = (message: string): boolean =>
  /the stack is currently locked by|\[409\] Conflict: Another update is currently in progress/.test(
    message,
  );

/**
 * Returns whether a process of the host is an engine. A pid that was reused by another program does
 * not count, nor does a zombie: in some containers no process reaps zombies.
 */
function engineRuns(pid: number): boolean {
  try {
    return /^\d+ \(pulumi[^)]*\) [^ZX]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Returns whether the engine that holds a lock is dead. Only processes of this host can be looked
 * up.
 */
export const isDead = (
  { host, pid }: Pick<Holder, 'host' | 'pid'>,
  here = os.hostname(),
  runs = engineRuns,
): boolean => host === here && !runs(pid);

/**
 * File name of a lock, also while it is written: the engine treats the temporary file as a lock
 * too.
 */
const LOCK = /\.json(\.[0-9a-f]+\.tmp)?$/;

/**
 * Reads the holder from a lock's file; `undefined` if the file is incomplete, as a full disk leaves
 * it.
 */
function holderIn(file: string): Holder | undefined {
  try {
    const { hostname, pid, username, timestamp } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      hostname: string;
      pid: number;
      username: string;
      timestamp: string;
    };
    return { host: hostname, pid, user: username, since: timestamp };
  } catch {
    return undefined;
  }
}

/**
 * Removes stale locks of a stack in a file backend (`file://…`). A killed engine leaves its lock,
 * and a full disk leaves an incomplete file that stops every engine. Returns the holders of the
 * remaining locks. Other backends return no holders: only an engine can ask them.
 */
export function removeDeadLocks(backend: string, stack: string): Holder[] {
  const directory = path.join(backend.replace(/^file:\/\/|\?.*$/g, ''), '.pulumi/locks');
  if (!backend.startsWith('file://') || !fs.existsSync(directory)) return [];
  const locks = fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(path.dirname(name)) === stack);
  return locks
    .map((name) => path.join(directory, name))
    .filter((name) => LOCK.test(name))
    .flatMap((file) => {
      const holder = holderIn(file);
      if (holder && !isDead(holder)) return holder;
      fs.rmSync(file, { force: true });
      return [];
    });
}
