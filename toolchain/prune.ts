import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';
import { cachePath, isRemnant } from './cache';
import { withLock } from './lock';
import { commandPlugin, components } from './manifest';
import { componentPath } from './fetch-or-build';
import { look, toolchainOf, viewParts, type State } from './state';
import { viewPath } from './node-programs';

/** Where the versions of something lie side by side, and old ones stay when the manifest moves on. */
const KINDS = ['programs', 'images', 'trees', 'store'] as const;

/** A lock's remnant is left alone for so long: who came upon the dead owner may be about to rename it. */
const REMNANT_MILLISECONDS = 60 * 60_000;

/** What this checkout's manifest names of the cache; undefined while something of it is missing. */
export function referred(state: State): string[] | undefined {
  if (!toolchainOf(state)) return undefined;
  const programs = [...components, commandPlugin].flatMap((one) =>
    (['official', 'built'] as const).map((how) => componentPath(one, state.architecture, how)),
  );
  return [...programs, state.tree, state.images!, viewPath(viewParts(state))];
}

/** Whatever a process of this machine names in its command line or environment, as a machine does its tree and its store. */
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

/** Entries of the cache that are neither in `kept` nor named in `used`, and what dead owners left of locks. */
export function unreferenced(kept: string[], used: string, now = Date.now()): string[] {
  const entries = (directory: string): string[] =>
    fs.existsSync(directory)
      ? fs.readdirSync(directory).map((name) => path.join(directory, name))
      : [];
  const old = KINDS.flatMap((kind) => entries(cachePath(kind))).filter(
    (entry) => !kept.includes(entry) && !used.includes(entry),
  );
  // A rename changes nothing but the time of the last change of the directory's own record.
  const remnants = entries(cacheDirectory()).filter(
    (entry) =>
      isRemnant(path.basename(entry)) && now - fs.statSync(entry).ctimeMs > REMNANT_MILLISECONDS,
  );
  return [...old, ...remnants];
}

/**
 * Removes from the cache what neither this checkout's manifest nor `noted` (what the last command noted for plain pulumi)
 * names, and no process uses; nothing as long as the toolchain isn't whole. Call it where no lab is.
 */
export async function prune(noted: string[], onRemoved: (entry: string) => void): Promise<void> {
  if (!fs.existsSync(cacheDirectory())) return;
  await withLock(
    cachePath('lock'),
    'cleaning the cache',
    () => undefined,
    async () => {
      const kept = referred(await look());
      if (!kept) return;
      const used = namedByProcesses();
      for (const entry of unreferenced([...kept, ...noted], used)) {
        fs.rmSync(entry, { recursive: true, force: true });
        onRemoved(entry);
      }
    },
  );
}
