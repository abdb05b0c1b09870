import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** One holder of a stack's lock, as the engine's message names it. */
export interface Holder {
  user: string;
  host: string;
  pid: number;
  since: string;
}

/** The holders in the engine's "the stack is currently locked by" message; empty where it names none (Pulumi Cloud). */
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

/**
 * Whether a process of this machine runs an engine. A pid that something else got since doesn't count, nor does one that
 * was killed and whose parent has not asked yet how it ended: in some containers nobody ever does.
 */
function engineRuns(pid: number): boolean {
  try {
    return /^\d+ \(pulumi[^)]*\) [^ZX]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether the engine that holds a lock is surely dead: only a process of this host can be looked up. */
export const isDead = (
  { host, pid }: Pick<Holder, 'host' | 'pid'>,
  here = os.hostname(),
  runs = engineRuns,
): boolean => host === here && !runs(pid);

/** A lock's file, and what it is called while it is written: an engine takes that one for a lock, too. */
const LOCK = /\.json(\.[0-9a-f]+\.tmp)?$/;

/** Who holds the lock that is in a file; undefined where the file is cut off, as a full disk leaves it. */
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
 * Takes away what is no lock any more of a stack in a file backend (`file://…`): a killed engine leaves its own, and a
 * full disk one that is cut off, over which every engine stumbles. Returns who holds the locks that stay; of another
 * backend only an engine knows that.
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
