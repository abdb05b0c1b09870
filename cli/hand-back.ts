import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory, stateDirectory } from '../util/directories';
import { root } from '../util/repo-root';

// State and cache belong to the user who calls ./lab. A lab in a cloud runs as that user, a local
// lab as root. Root returns its files to the user when a command ends. After a kill, the launcher
// does it (`take_back`).

/** User and group that sudo reports for its caller. */
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

/**
 * Lists the directories in which root works for `owner`. In the home, these are the directories of
 * cloud clients, which renew tokens there.
 */
function placesOf({ uid }: Owner): string[] {
  const own = [stateDirectory(), cacheDirectory(), path.join(root, 'dist')];
  const home = process.env.HOME ?? '/root';
  // Usually HOME is root's own home, in which nothing belongs to the caller.
  if (fs.statSync(home, { throwIfNoEntry: false })?.uid !== uid) return own;
  return [...own, ...['.aws', '.config/gcloud', '.pulumi'].map((name) => path.join(home, name))];
}

/**
 * Changes the owner of a file, and of everything below a directory, from root to `owner`. Follows
 * no link.
 */
function give(file: string, owner: Owner, keep: string): void {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!found) return;
  if (found.uid === 0) fs.lchownSync(file, owner.uid, owner.gid);
  if (!found.isDirectory() || file === keep) return;
  for (const name of fs.readdirSync(file)) {
    try {
      give(path.join(file, name), owner, keep);
    } catch (error) {
      // Another command may have removed the file.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * Returns root's files in the caller's directories to the caller. The nodes' Debian trees keep
 * their owners: their files belong to users of a node.
 */
export function handBack(
  owner: Owner | undefined = caller(),
  places: string[] = owner ? placesOf(owner) : [],
): void {
  if (!owner || process.getuid?.() !== 0) return;
  const trees = path.join(cacheDirectory(), 'trees');
  for (const directory of places) give(directory, owner, trees);
}
