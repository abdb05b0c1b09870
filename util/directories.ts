import * as os from 'node:os';
import * as path from 'node:path';

/**
 * Returns one of this program's directories: the path in `variable`, else `hardway` in the XDG
 * directory.
 */
function ownDirectory(variable: string, xdgVariable: string, fallback: string): string {
  const own = process.env[variable];
  if (own) return path.resolve(own);
  return path.join(process.env[xdgVariable] || path.join(os.homedir(), fallback), 'hardway');
}

/**
 * Directory of what outlives a checkout: the Pulumi backend, the passphrase, each lab's keys. Mode
 * 0700.
 */
export const stateDirectory = (): string =>
  ownDirectory('HARDWAY_STATE', 'XDG_STATE_HOME', '.local/state');

/** Directory of what can be recreated at any time: programs, images, the nodes' Debian tree. */
export const cacheDirectory = (): string =>
  ownDirectory('HARDWAY_CACHE', 'XDG_CACHE_HOME', '.cache');

/**
 * Directory of the local cloud's labs. It is fixed per host, so that leftovers are found without a
 * stack.
 */
export const cloudDirectory = (): string =>
  path.resolve(process.env.HARDWAY_CLOUD || '/var/lib/hardway');

/**
 * Directory of the host's register: which labs exist, their owners, and the numbers of their public networks. One for the
 * whole host, for every HARDWAY_CLOUD, HARDWAY_STATE and user. HARDWAY_HOST moves it, for tests.
 */
export const hostDirectory = (): string =>
  path.resolve(process.env.HARDWAY_HOST || '/var/lib/hardway-host');
