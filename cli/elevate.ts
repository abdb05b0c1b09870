import * as path from 'node:path';
import { root } from '../util/repo-root';
import { runInForeground } from './ui/foreground';
import type { LabRef } from './lab/name';

/**
 * Starts the command again as root, through the launcher, if a user's command handles local labs.
 * The launcher can't know: only this program reads a roster. Returns the exit code; `undefined` if
 * this process can continue.
 */
export async function elevated(
  labs: LabRef[],
  words: string[] = process.argv.slice(2),
): Promise<number | undefined> {
  const local = labs.filter(({ cloud }) => cloud === 'local').length;
  if (local === 0 || process.getuid?.() === 0) return undefined;
  // Root that also handles clouds needs the caller's credentials.
  const HARDWAY_PRIVILEGE = local === labs.length ? 'root' : 'both';
  return runInForeground(path.join(root, 'lab'), words, { HARDWAY_PRIVILEGE });
}
