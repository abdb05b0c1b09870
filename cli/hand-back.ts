import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory, stateDirectory } from '../util/directories';
import { root } from '../util/repo-root';

// State and cache belong to the user who calls ./lab, whoever works in them: a lab in a cloud runs as that user, a lab on
// this host as root. Root hands back what it wrote when a command ends. After a kill, the launcher does it (`take_back`).

/** A user, as sudo reports the one who called it. */
interface Owner {
  uid: number;
  gid: number;
}

/** Returns the user for whom the launcher became root, or `undefined` if it did not. */
export function caller(environment: NodeJS.ProcessEnv = process.env): Owner | undefined {
  const { HARDWAY_ELEVATED, SUDO_UID, SUDO_GID } = environment;
  if (!HARDWAY_ELEVATED || !SUDO_UID || !SUDO_GID) return undefined;
  return { uid: Number(SUDO_UID), gid: Number(SUDO_GID) };
}

/** Directories in which root works for `owner`. In the home: what the clouds' clients keep, such as renewed tokens. */
function placesOf({ uid }: Owner): string[] {
  const own = [stateDirectory(), cacheDirectory(), path.join(root, 'dist')];
  const home = process.env.HOME ?? '/root';
  // Usually it is root's own home, in which nothing is the caller's.
  if (fs.statSync(home, { throwIfNoEntry: false })?.uid !== uid) return own;
  return [...own, ...['.aws', '.config/gcloud', '.pulumi'].map((name) => path.join(home, name))];
}

/** Gives a file, and everything below a directory, from root to `owner`. Follows no link. */
function give(file: string, owner: Owner, keep: string): void {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!found) return;
  if (found.uid === 0) fs.lchownSync(file, owner.uid, owner.gid);
  if (!found.isDirectory() || file === keep) return;
  for (const name of fs.readdirSync(file)) {
    try {
      give(path.join(file, name), owner, keep);
    } catch (error) {
      // Another command may have removed it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * Hands back what root wrote in the caller's places. The nodes' Debian trees stay root's: their files belong to several
 * users, and are a node's.
 */
export function handBack(
  owner: Owner | undefined = caller(),
  places: string[] = owner ? placesOf(owner) : [],
): void {
  if (!owner || process.getuid?.() !== 0) return;
  const trees = path.join(cacheDirectory(), 'trees');
  for (const directory of places) give(directory, owner, trees);
}
