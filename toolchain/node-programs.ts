import * as fs from 'node:fs';
import * as path from 'node:path';
import { artifactPath, storeArtifact, shortDigest, writeOrigin } from './artifact-store';

/** Parts of a node store: the node programs and the directory of the images. */
export interface NodeStoreParts {
  /** Maps each program to its file. */
  programs: Record<string, string>;
  images: string;
}

/**
 * Returns the directory of the node store with these parts. Another version of a part gives another
 * directory.
 */
export function nodeStorePath({ programs, images }: NodeStoreParts): string {
  const parts = Object.entries(programs)
    .sort()
    .flatMap(([name, file]) => [name, path.basename(path.dirname(file))]);
  return artifactPath('store', shortDigest([...parts, path.basename(images)]));
}

function linkTree(from: string, to: string): void {
  fs.mkdirSync(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) linkTree(source, target);
    else fs.linkSync(source, target);
  }
}

/**
 * Creates the node store: one directory with all node programs, and the images in `images/`. Files
 * are hard links: one mount contains all of them, and a running lab keeps them when the cache
 * changes. The caller must hold the store's lock.
 */
export function makeNodeStore(parts: NodeStoreParts): Promise<string> {
  return storeArtifact(nodeStorePath(parts), async (directory) => {
    for (const [name, file] of Object.entries(parts.programs))
      fs.linkSync(file, path.join(directory, name));
    linkTree(parts.images, path.join(directory, 'images'));
    writeOrigin(directory, {
      how: 'built',
      from: [...Object.values(parts.programs), parts.images],
      seconds: 0,
    });
  });
}
