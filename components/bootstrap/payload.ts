import * as crypto from 'node:crypto';
import * as tar from 'tar-stream';

/** A file on a node. */
export interface PlacedFile {
  /** Absolute path, with letters, digits and `. _ @ -` between the slashes. */
  path: string;
  /** Permission bits, for example 0o644. The owner is root. */
  mode: number;
  content: string;
}

/** A step with its files, ready to be sent to a node. */
export interface PlacedStep {
  name: string;
  /** Services that run after the step, for example `etcd`. */
  units: string[];
  /** Script that fills in values that are known only on the node. */
  prepare?: string;
  files: PlacedFile[];
}

/** Data that one session sends to one node. */
export interface Payload {
  /** Base64 of an uncompressed tar: place.sh, and each step in steps/NAME, with its files in steps/NAME/root. */
  archive: string;
  /** SHA-256 of the tar, hexadecimal. */
  digest: string;
}

const SAFE_PATH = /^(\/[A-Za-z0-9._@-]+)+$/;

/** Lists the directories that the files need, without the root, parents first. */
function directories(paths: string[]): string[] {
  const all = new Set<string>();
  for (const path of paths) {
    const names = path.split('/').slice(0, -1);
    names.forEach((_, depth) => all.add(names.slice(0, depth + 1).join('/')));
  }
  return [...all].sort();
}

/** Returns the files of the archive by path. Throws an Error if a path is not plain, or is repeated. */
function entries(place: string, steps: PlacedStep[]): Map<string, { text: string; mode: number }> {
  const content = new Map([
    ['place.sh', { text: place, mode: 0o600 }],
    ['steps.list', { text: steps.map(({ name }) => `${name}\n`).join(''), mode: 0o600 }],
  ]);
  const placed = new Set<string>();
  for (const step of steps) {
    const own = `steps/${step.name}`;
    content.set(`${own}/units`, { text: `${step.units.join(' ')}\n`, mode: 0o600 });
    if (step.prepare !== undefined)
      content.set(`${own}/prepare.sh`, { text: step.prepare, mode: 0o600 });
    for (const file of step.files) {
      if (!SAFE_PATH.test(file.path) || file.path.includes('/../'))
        throw new Error(`"${file.path}" is not a plain absolute path`);
      if (placed.has(file.path)) throw new Error(`${file.path} is placed twice`);
      placed.add(file.path);
      content.set(`${own}/root${file.path}`, { text: file.content, mode: file.mode });
    }
  }
  return content;
}

/**
 * Packs steps and the script that places them. The same input gives the same bytes on every host:
 * entries are sorted, owned by root, without times, and not compressed. The output of zlib differs
 * between Node versions, and a new digest would run the steps again.
 * Throws an Error if a path is not absolute and plain, or is repeated.
 */
export async function pack(place: string, steps: PlacedStep[]): Promise<Payload> {
  const content = entries(place, steps);
  const archive = tar.pack();
  const common = { mtime: new Date(0), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  for (const name of directories([...content.keys()]))
    archive.entry({ ...common, name, type: 'directory', mode: 0o700 });
  for (const name of [...content.keys()].sort())
    archive.entry({ ...common, name, mode: content.get(name)!.mode }, content.get(name)!.text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return {
    archive: bytes.toString('base64'),
    digest: crypto.createHash('sha256').update(bytes).digest('hex'),
  };
}
