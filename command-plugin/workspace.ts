import * as fs from 'node:fs';
import { scratchDirectory } from '../util/scratch-directory';
import { socketParent } from '../util/socket-directory';

let workspace: string | undefined;

/**
 * Returns the directory for identities, host keys and sockets. Mode 0700; removed when this process
 * exits.
 */
export function workspaceDirectory(): string {
  workspace ??= scratchDirectory('command', socketParent());
  return workspace;
}

/** Removes the directory and its content. */
export function removeWorkspace(): void {
  if (workspace) fs.rmSync(workspace, { recursive: true, force: true });
  workspace = undefined;
}

process.on('exit', removeWorkspace);
