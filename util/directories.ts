import * as os from 'node:os';
import * as path from 'node:path';

/** A directory of this program's own: `variable` where it is set, else the XDG place. */
function place(variable: string, xdgVariable: string, fallback: string): string {
  const own = process.env[variable];
  if (own) return path.resolve(own);
  return path.join(process.env[xdgVariable] || path.join(os.homedir(), fallback), 'hardway');
}

/** Outlives a checkout: the Pulumi backend, the passphrase, each lab's keys (0700). */
export const stateDirectory = (): string =>
  place('HARDWAY_STATE', 'XDG_STATE_HOME', '.local/state');

/** Can be made again at any time: programs, images, the nodes' Debian tree. */
export const cacheDirectory = (): string => place('HARDWAY_CACHE', 'XDG_CACHE_HOME', '.cache');

/** Where the local cloud keeps its labs' machines; its own, so that it needs no stack to sweep what is left. */
export const cloudDirectory = (): string =>
  path.resolve(process.env.HARDWAY_CLOUD || '/var/lib/hardway');

/**
 * Directory of the host's register: which labs exist, their owners, and the numbers of their public networks. One for the
 * whole host, for every HARDWAY_CLOUD, HARDWAY_STATE and user. HARDWAY_HOST moves it, for tests.
 */
export const hostDirectory = (): string =>
  path.resolve(process.env.HARDWAY_HOST || '/var/lib/hardway-host');
