import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';

const ID = '[0-9a-f-]{36}';

/**
 * Top-level entries of the cache and the names that each can have. While a file is written, the
 * process id follows its name; a lock's name is followed by the id of its holder. Other names
 * belong to other programs.
 */
const ENTRIES = {
  programs: /^programs$/,
  images: /^images$/,
  trees: /^trees$/,
  store: /^store$/,
  rehearsal: /^rehearsal$/,
  // Node.js, which bin/node.sh downloads.
  node: /^node$/,
  partial: /^partial$/,
  logs: /^logs$/,
  'installed.json': /^installed\.json(\.\d+)?$/,
  'toolchain.json': /^toolchain\.json(\.\d+)?$/,
  lock: new RegExp(`^lock(\\.(dead\\.|released\\.)?${ID})?$`),
};

/** Returns the path of a cache entry, or of a file in it. */
export const cachePath = (entry: keyof typeof ENTRIES, ...inside: string[]): string =>
  path.join(cacheDirectory(), entry, ...inside);

/** Returns true if this program creates cache entries of that name. */
export const isOurs = (name: string): boolean =>
  Object.values(ENTRIES).some((names) => names.test(name));

/** Returns true for the leftover of a lock with a holder that died or was interrupted. */
export const isRemnant = (name: string): boolean => ENTRIES.lock.test(name) && name !== 'lock';
