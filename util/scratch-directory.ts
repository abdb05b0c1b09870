import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { startTimeOf } from './process';

/** Matches the name of a scratch directory: its kind, process and PID namespace. */
const NAME = /^hardway-[a-z]+-(\d+)-([0-9a-z]+)-\w{6}$/;

/**
 * Id of this process's PID namespace. Process ids mean nothing outside of it: without this check, a
 * process in a container that shares /tmp would delete the directories of running processes.
 */
const pidNamespace = (): string => fs.statSync('/proc/self/ns/pid').ino.toString(36);

/**
 * Returns the process id in a directory's name; `undefined` if the name is not of this PID
 * namespace, or not of a scratch directory.
 */
export function ownerOf(name: string, namespace = pidNamespace()): number | undefined {
  const [, pid, owner] = NAME.exec(name) ?? [];
  if (owner === namespace) return Number(pid);
  return undefined;
}

/**
 * Deletes the scratch directories of killed processes of this user. Follows no link, and leaves what
 * can't be deleted.
 */
function sweep(parent: string): void {
  const namespace = pidNamespace();
  for (const name of fs.readdirSync(parent)) {
    const pid = ownerOf(name, namespace);
    if (pid === undefined || startTimeOf(pid) !== undefined) continue;
    const directory = path.join(parent, name);
    const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
    if (stat?.isDirectory() && stat.uid === process.getuid?.())
      fs.rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Creates a temporary directory with mode 0700, which the caller deletes. Its name holds the
 * process, so that the next call deletes it after `kill -9`.
 * @param kind what the directory is for, in lower-case letters: `events`
 * @param parent default: TMPDIR
 */
export function scratchDirectory(kind: string, parent = os.tmpdir()): string {
  try {
    sweep(parent);
  } catch {
    // A parent that can't be listed can still be written to.
  }
  return fs.mkdtempSync(path.join(parent, `hardway-${kind}-${process.pid}-${pidNamespace()}-`));
}
