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
  return [...message.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map(([, user, host, pid, since]) => ({
    user,
    host,
    pid: Number(pid),
    since,
  }));
}

/** Whether a process of this machine runs an engine. A pid that something else got since doesn't count. */
function engineRuns(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('pulumi');
  } catch {
    return false;
  }
}

/** Whether every holder is surely dead: only a process of this host can be looked up. */
export function allDead(found: Holder[], host = os.hostname(), runs = engineRuns): boolean {
  return found.length > 0 && found.every((holder) => holder.host === host && !runs(holder.pid));
}

function isJson(file: string): boolean {
  try {
    JSON.parse(fs.readFileSync(file, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/**
 * Takes away what a full disk left of a stack's locks in a file backend (`file://…`): a lock that is cut off, over which
 * every engine stumbles. Says whether there was one.
 */
export function removeTornLocks(backend: string, stack: string): boolean {
  const directory = path.join(backend.replace(/^file:\/\//, ''), '.pulumi/locks');
  if (!backend.startsWith('file://') || !fs.existsSync(directory)) return false;
  const locks = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => path.basename(path.dirname(name)) === stack);
  const torn = locks.map((name) => path.join(directory, name)).filter((file) => fs.statSync(file).isFile() && !isJson(file));
  for (const file of torn) fs.rmSync(file, { force: true });
  return torn.length > 0;
}
