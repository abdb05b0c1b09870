import * as fs from 'node:fs';
import * as path from 'node:path';
import { artifactPath, commit, shortDigest, writeOrigin } from './artifact-store';

/** What a view is made of: directories with programs, and the images' directory. */
export interface ViewParts {
  /** Program to its file. */
  programs: Record<string, string>;
  images: string;
}

/** Where the view of these parts is, or will be: another version of anything is another view. */
export function viewPath({ programs, images }: ViewParts): string {
  const parts = Object.entries(programs)
    .sort()
    .flatMap(([name, file]) => [name, path.basename(path.dirname(file))]);
  return artifactPath('store', shortDigest([...parts, path.basename(images)]));
}

function linkTree(from: string, to: string): void {
  fs.mkdirSync(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else fs.linkSync(source, target);
  }
}

/**
 * One directory with all node programs, and the images in `images/`: hard links, so that a mount of it holds all, and
 * a lab that uses it keeps it when the cache moves on. Call it under the store's lock.
 */
export function makeView(parts: ViewParts): Promise<string> {
  return commit(viewPath(parts), async (directory) => {
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
