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

/** Removes directories left by killed plugins: own directories whose process no longer exists. */
function sweep(parent: string): void {
  for (const name of fs.readdirSync(parent)) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : NaN;
    if (Number.isNaN(pid) || alive(pid)) continue;
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
  const directory = fs.mkdtempSync(path.join(parent, `${PREFIX}${process.pid}-`));
  workspace = directory;
  return directory;
}

/** Removes the directory and its content. */
export function removeWorkspace(): void {
  if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  workspace = undefined;
}

process.on('exit', removeWorkspace);
