import * as fs from 'node:fs';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tar from 'tar-stream';
import { fileDigest } from '../download';

/**
 * Entry of an image: a directory, a copy of a file on the host, or a symbolic link. Owned by root.
 */
export type Entry =
  { directory: true; mode?: number } | { file: string; mode: number } | { link: string };

/** Files of an image, by path without a leading slash. */
export type Tree = Map<string, Entry>;

/** Adds all files below `directory` on the host, readable for every user. */
export function addFiles(tree: Tree, directory: string): void {
  for (const name of fs.readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(directory, name);
    if (fs.statSync(file).isFile()) tree.set(name, { file, mode: 0o644 });
  }
}

/** Adds every parent directory and sorts the tree: a directory precedes its content. */
function complete(tree: Tree): [string, Entry][] {
  const all: Tree = new Map(tree);
  for (const name of tree.keys()) {
    for (
      let parent = path.posix.dirname(name);
      parent !== '.';
      parent = path.posix.dirname(parent)
    ) {
      if (!all.has(parent)) all.set(parent, { directory: true });
    }
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function writeEntry(pack: tar.Pack, name: string, entry: Entry): Promise<void> {
  const common = { mtime: new Date(0), uid: 0, gid: 0 };
  if ('directory' in entry) {
    pack.entry({ ...common, name: `${name}/`, type: 'directory', mode: entry.mode ?? 0o755 });
  } else if ('link' in entry) {
    pack.entry({ ...common, name, type: 'symlink', linkname: entry.link, mode: 0o777 });
  } else {
    const { size } = fs.statSync(entry.file);
    await pipeline(
      fs.createReadStream(entry.file),
      pack.entry({ ...common, name, type: 'file', mode: entry.mode, size }),
    );
  }
}

/**
 * Writes a tree as a tar file; the same tree gives the same bytes. Returns SHA-256 and size in
 * bytes.
 * The file is not compressed, because a lab's images never leave the host.
 */
export async function writeLayer(
  tree: Tree,
  file: string,
): Promise<{ digest: string; size: number }> {
  const pack = tar.pack();
  const written = pipeline(pack, fs.createWriteStream(file));
  for (const [name, entry] of complete(tree)) await writeEntry(pack, name, entry);
  pack.finalize();
  await written;
  return { digest: `sha256:${await fileDigest(file)}`, size: fs.statSync(file).size };
}
