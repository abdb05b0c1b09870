import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';
import { namesIn } from '../util/existing-files';
import { cachePath, isRemnant } from './cache';
import { withLock } from './lock';
import { commandPlugin, upstreamProjects } from './manifest';
import { projectPath } from './fetch-or-build';
import { readState, toolchainOf, nodeStoreParts, type State } from './state';
import { nodeStorePath } from './node-programs';

/** Cache entries that hold versions side by side. Old versions stay when the manifest changes. */
const KINDS = ['programs', 'images', 'trees', 'store'] as const;

/**
 * Minimum age of a lock's leftover before it is removed. A process that has just detected the dead
 * owner may still rename it.
 */
const REMNANT_MILLISECONDS = 60 * 60_000;

/**
 * Age at which a part of a rehearsal (bin/rehearse) is removed, counted from its last use. No
 * manifest names these parts, and the provider plugin takes ten minutes to build.
 */
const REHEARSAL_MILLISECONDS = 7 * 24 * 60 * 60_000;

/**
 * Returns the cache entries that this checkout's manifest refers to; `undefined` if the toolchain
 * is incomplete.
 */
export function referencedEntries(state: State): string[] | undefined {
  if (!toolchainOf(state)) return undefined;
  const programs = [...upstreamProjects, commandPlugin].flatMap((one) =>
    (['official', 'built'] as const).map((how) => projectPath(one, state.architecture, how)),
  );
  return [...programs, state.tree, state.images!, nodeStorePath(nodeStoreParts(state))];
}

/**
 * Returns the command lines and environments of all processes. A running node names its tree and
 * its store there.
 */
function namedByProcesses(): string {
  const read = (file: string): string => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`))
    .join('\n');
}

/**
 * Returns cache entries that are neither in `kept` nor mentioned in `used`, old parts of
 * rehearsals, and old leftovers of locks.
 */
export function unreferenced(kept: string[], used: string, now = Date.now()): string[] {
  const entries = (directory: string): string[] =>
    namesIn(directory).map((name) => path.join(directory, name));
  const old = KINDS.flatMap((kind) => entries(cachePath(kind))).filter(
    (entry) => !kept.includes(entry) && !used.includes(entry),
  );
  const parts = entries(cachePath('rehearsal')).filter(
    (entry) => !used.includes(entry) && now - fs.statSync(entry).mtimeMs > REHEARSAL_MILLISECONDS,
  );
  // A rename changes only the change time (ctime) of a directory.
  const remnants = entries(cacheDirectory()).filter(
    (entry) =>
      isRemnant(path.basename(entry)) && now - fs.statSync(entry).ctimeMs > REMNANT_MILLISECONDS,
  );
  return [...old, ...parts, ...remnants];
}

/**
 * Removes cache entries that no one uses: not this checkout's manifest, not `noted` (paths saved
 * for plain pulumi), not a process. Removes nothing if the toolchain is incomplete. Call it only on
 * a host without labs.
 */
export async function prune(noted: string[], onRemoved: (entry: string) => void): Promise<void> {
  if (!fs.existsSync(cacheDirectory())) return;
  await withLock(
    cachePath('lock'),
    'cleaning the cache',
    () => undefined,
    async () => {
      const kept = referencedEntries(await readState());
      if (!kept) return;
      const used = namedByProcesses();
      for (const entry of unreferenced([...kept, ...noted], used)) {
        fs.rmSync(entry, { recursive: true, force: true });
        onRemoved(entry);
      }
    },
  );
}
