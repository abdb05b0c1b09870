import * as path from 'node:path';
import { cacheDirectory } from '../util/directories';

const ID = '[0-9a-f-]{36}';

/**
 * Everything that is made right in the cache, each with the names that it can have there: while a file is written the
 * process's id is behind its name, behind a lock's that of a holder. What isn't here is somebody else's.
 */
const ENTRIES = {
  programs: /^programs$/,
  images: /^images$/,
  trees: /^trees$/,
  store: /^store$/,
  rehearsal: /^rehearsal$/,
  partial: /^partial$/,
  logs: /^logs$/,
  'installed.json': /^installed\.json(\.\d+)?$/,
  'toolchain.json': /^toolchain\.json(\.\d+)?$/,
  lock: new RegExp(`^lock(\\.(dead\\.|released\\.)?${ID})?$`),
};

/** Where an entry of the cache is, or a file in it. */
export const cachePath = (entry: keyof typeof ENTRIES, ...inside: string[]): string =>
  path.join(cacheDirectory(), entry, ...inside);

/** Whether a name in the cache is that of something that this program makes there. */
export const isOurs = (name: string): boolean =>
  Object.values(ENTRIES).some((names) => names.test(name));

/** Whether a name in the cache is that of what a lock's dead, or interrupted, owner left. */
export const isRemnant = (name: string): boolean => ENTRIES.lock.test(name) && name !== 'lock';
