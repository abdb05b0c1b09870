import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { usage } from '../../errors';
import { writeSecret } from '../../lab/files';
import { MARK } from './card';

/** Returns the user who owns new files: the caller of sudo, or the current user. */
function caller(): { uid: number; gid: number } {
  const { SUDO_UID, SUDO_GID } = process.env;
  if (process.getuid!() === 0 && SUDO_UID && SUDO_GID)
    return { uid: Number(SUDO_UID), gid: Number(SUDO_GID) };
  return { uid: process.getuid!(), gid: process.getgid!() };
}

/** Returns the git work tree of a directory, if any. */
function workTree(directory: string): string | undefined {
  if (fs.existsSync(path.join(directory, '.git'))) return directory;
  const parent = path.dirname(directory);
  if (parent === directory) return undefined;
  return workTree(parent);
}

/** Returns whether git ignores a file; false if git fails. */
function ignores(tree: string, file: string): boolean {
  try {
    execFileSync('git', ['-C', tree, 'check-ignore', '--quiet', '--', file], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Returns why an existing directory can't hold keys, and what to do; `undefined` if it can. */
function unfit(directory: string, shown: string): [what: string, cure: string] | undefined {
  const { uid, mode } = fs.statSync(directory);
  if (![process.getuid!(), caller().uid].includes(uid))
    return [`${shown} belongs to another user.`, '--out with your own directory, or a new one'];
  if ((mode & 0o077) !== 0)
    return [
      `${shown} is readable for other users, and cards hold keys.`,
      '--out with a new directory, or chmod 700 this one if it holds only cards',
    ];
  return undefined;
}

/** Directory of cards. Only its owner can read it, and it is in no repository. */
export class CardFolder {
  private readonly directory: string;

  private constructor(private readonly shown: string) {
    this.directory = path.resolve(shown);
  }

  /**
   * Returns the folder for these students. Throws a usage Failure if the directory can't hold keys.
   * Creates and changes nothing.
   */
  static at(shown: string, ids: string[]): CardFolder {
    const folder = new CardFolder(shown);
    folder.refuseUnfit();
    folder.refuseForeign(ids);
    return folder;
  }

  file(id: string): string {
    return path.join(this.directory, `${id}.html`);
  }

  /** Writes a card, or replaces the previous one, in one step. No other user can read it. */
  write(id: string, page: string): string {
    this.make();
    writeSecret(this.file(id), page);
    const { uid, gid } = fs.statSync(this.directory);
    fs.lchownSync(this.file(id), uid, gid);
    return this.file(id);
  }

  /** Removes the card of a lab that does not exist any more; returns whether there was one. */
  remove(id: string): boolean {
    const there = fs.existsSync(this.file(id));
    fs.rmSync(this.file(id), { force: true });
    return there;
  }

  /** Resolves links to the directory, which may not exist yet. */
  private realPath(): string {
    if (fs.existsSync(this.directory)) return fs.realpathSync(this.directory);
    const { dir, base } = path.parse(this.directory);
    return path.join(fs.realpathSync(dir), base);
  }

  private refuseUnfit(): void {
    const above = path.dirname(this.directory);
    if (!fs.existsSync(above))
      throw usage(`Directory ${above} for ${this.shown} does not exist.`, `mkdir -p ${above}`);
    const there = fs.existsSync(this.directory);
    if (there && !fs.statSync(this.directory).isDirectory())
      throw usage(`${this.shown} is not a directory.`, '--out with a new directory');
    const found = there && unfit(this.directory, this.shown);
    if (found) throw usage(...found);
    const real = this.realPath();
    const tree = workTree(real);
    if (tree && !ignores(tree, path.join(real, 'any.html'))) {
      throw usage(
        `${this.shown} is in the git repository ${tree}, and cards hold keys: one \`git add\` would publish them.`,
        '--out with a directory outside it, such as ~/cards',
      );
    }
  }

  private refuseForeign(ids: string[]): void {
    const foreign = ids.filter((id) => {
      const found = fs.lstatSync(this.file(id), { throwIfNoEntry: false });
      return found && !(found.isFile() && fs.readFileSync(this.file(id), 'utf8').includes(MARK));
    });
    if (foreign.length === 0) return;
    throw usage(
      `${this.shown} has files that are not cards: ${foreign.map((id) => `${id}.html`).join(', ')}.`,
      '--out with a new directory',
    );
  }

  /** Creates the directory if needed, and removes partial files of killed runs. */
  private make(): void {
    if (!fs.existsSync(this.directory)) {
      fs.mkdirSync(this.directory, { mode: 0o700 });
      fs.chownSync(this.directory, caller().uid, caller().gid);
      // Some file systems have no permissions.
      const found = unfit(this.directory, this.shown);
      if (found) {
        fs.rmdirSync(this.directory);
        throw usage(
          `The file system of ${path.dirname(this.directory)} can't close a directory to other users, and cards hold keys.`,
          '--out with a directory on another file system',
        );
      }
    }
    for (const name of fs.readdirSync(this.directory)) {
      const [, pid] = /^[a-z0-9-]+\.html\.(\d+)$/.exec(name) ?? [];
      if (pid && !fs.existsSync(`/proc/${pid}`)) fs.rmSync(path.join(this.directory, name));
    }
  }
}
