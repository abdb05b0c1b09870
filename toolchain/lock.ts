import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { randomUUID } from 'node:crypto';

/** Who holds a lock. A process is named by pid and start time, as pids are used again. */
export interface Owner {
  id: string;
  host: string;
  pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  started: string;
  boot: string;
  /** What it does meanwhile, in words. */
  doing: string;
}

const ATTEMPT_EVERY_MILLISECONDS = 200;

/** Start time of a process, or undefined where there is none of that pid. */
function startTime(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold blanks: count from behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

const bootId = (): string => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function readOwner(lock: string): Owner | undefined {
  try {
    return JSON.parse(fs.readFileSync(path.join(lock, 'owner.json'), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Whether the holder is surely gone: only a process of this host can be looked up. */
function gone(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return false;
  return owner.boot !== bootId() || startTime(owner.pid) !== owner.started;
}

/** Renames, unless a directory that isn't empty is in the way. */
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

/** One try: a directory that already names its owner is moved into place, so no lock is ever without one. */
function take(lock: string, owner: Owner): boolean {
  const candidate = `${lock}.${owner.id}`;
  fs.mkdirSync(candidate, { recursive: true });
  fs.writeFileSync(path.join(candidate, 'owner.json'), JSON.stringify(owner));
  if (renamed(candidate, lock)) return true;
  fs.rmSync(candidate, { recursive: true, force: true });
  const holder = readOwner(lock);
  // Of several that find the same dead owner one wins the rename; the name that is left keeps the others off its successor.
  if (holder && gone(holder)) renamed(lock, `${lock}.dead.${holder.id}`);
  return false;
}

/**
 * Runs `work` while holding the lock at `lock` (a directory made for it). Waits for another holder as long as it lives;
 * `onWait` is called once for each that is waited for.
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
    started: startTime(process.pid)!,
    boot: bootId(),
    doing,
  };
  let told = '';
  while (!take(lock, owner)) {
    const holder = readOwner(lock);
    if (holder && holder.id !== told && !gone(holder)) {
      told = holder.id;
      onWait(holder);
    }
    await new Promise((resolve) => setTimeout(resolve, ATTEMPT_EVERY_MILLISECONDS));
  }
  try {
    return await work();
  } finally {
    // Renamed first: a directory that is being emptied could be taken for a free place.
    if (renamed(lock, `${lock}.released.${owner.id}`))
      fs.rmSync(`${lock}.released.${owner.id}`, { recursive: true, force: true });
  }
}
