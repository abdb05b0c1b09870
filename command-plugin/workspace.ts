import * as fs from 'node:fs';
import * as path from 'node:path';
import { socketParent } from '../util/socket-directory';

const PREFIX = 'hardway-command-';

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Id of this process's PID namespace. Process ids mean nothing outside of it: without this check, a plugin in a
 * container that shares /tmp would delete the directories of running plugins.
 */
const pidNamespace = (): string => fs.statSync('/proc/self/ns/pid').ino.toString(36);

/** Returns the process id in a directory's name, or `undefined` if the name is not of this PID namespace. */
export function ownerOf(name: string, namespace = pidNamespace()): number | undefined {
  const [, pid, owner] = new RegExp(`^${PREFIX}(\\d+)-([0-9a-z]+)-`).exec(name) ?? [];
  if (owner === namespace) return Number(pid);
  return undefined;
}

/** Removes directories left by killed plugins: own directories without a running process. */
function sweep(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const pid = ownerOf(name);
    if (pid === undefined || alive(pid)) continue;
    const directory = path.join(parent, name);
    const stat = fs.lstatSync(directory, { throwIfNoEntry: false });
    if (stat?.isDirectory() && stat.uid === process.getuid?.())
      fs.rmSync(directory, { recursive: true, force: true });
  }
}

let workspace: string | undefined;

/**
 * Returns the directory for identities, host keys and sockets. Mode 0700; removed when this process
 * exits.
 */
export function workspaceDirectory(): string {
  if (workspace) return workspace;
  const parent = socketParent();
  sweep(parent);
  const directory = fs.mkdtempSync(path.join(parent, `${PREFIX}${process.pid}-${pidNamespace()}-`));
  workspace = directory;
  return directory;
}

/** Removes the directory and its content. */
export function removeWorkspace(): void {
  if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  workspace = undefined;
}

process.on('exit', removeWorkspace);
