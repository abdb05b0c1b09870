import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { randomUUID } from 'node:crypto';
import { bootId, isRunning, startTimeOf, type ProcessIdentity } from '../util/process';

/** Holder of a lock: a process, its host and its current work. */
export interface Owner extends ProcessIdentity {
  id: string;
  host: string;
  boot: string;
  /** Description of the current work, for example `obtaining the toolchain`. */
  doing: string;
}

const ATTEMPT_EVERY_MILLISECONDS = 200;

function readOwner(lock: string): Owner | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(lock, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Returns true if the holder has certainly ended. Processes of other hosts count as running. */
function gone(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return false;
  return owner.boot !== bootId() || !isRunning(owner);
}

/**
 * Renames a directory. Returns false if the target is a directory with content, or the source does
 * not exist.
 */
function renamed(from: string, to: string): boolean {
  try {
    fs.renameSync(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
}

/**
 * Tries once to take the lock. Moves a directory that already names its owner into place, so that a
 * lock always has an owner.
 */
function take(lock: string, owner: Owner): boolean {
  const candidate = `${lock}.${owner.id}`;
  fs.mkdirSync(candidate, { recursive: true });
  fs.writeFileSync(path.join(candidate, 'owner.json'), JSON.stringify(owner));
  if (renamed(candidate, lock)) return true;
  fs.rmSync(candidate, { recursive: true, force: true });
  const holder = readOwner(lock);
  // If several processes detect the same dead owner, only one rename succeeds. The renamed
  // directory stays, so that the others cannot remove the new owner's lock.
  if (holder && gone(holder)) renamed(lock, `${lock}.dead.${holder.id}`);
  return false;
}

/**
 * Runs `work` while this process holds the lock at `lock`, a directory. Waits while another process
 * holds the lock; calls `onWait` once per holder.
 */
export async function withLock<T>(
  lock: string,
  doing: string,
  onWait: (owner: Owner) => void,
  work: () => Promise<T>,
): Promise<T> {
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  const owner: Owner = {
    id: randomUUID(),
    host: os.hostname(),
    pid: process.pid,
    started: startTimeOf(process.pid)!,
    boot: bootId(),
    doing,
  };
  let reported = '';
  while (!take(lock, owner)) {
    const holder = readOwner(lock);
    if (holder && holder.id !== reported && !gone(holder)) {
      reported = holder.id;
      onWait(holder);
    }
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_EVERY_MILLISECONDS));
  }
  try {
    return await work();
  } finally {
    // Renamed before it is deleted: another process could take over a half-empty directory.
    if (renamed(lock, `${lock}.released.${owner.id}`))
      fs.rmSync(`${lock}.released.${owner.id}`, { recursive: true, force: true });
  }
}
