import * as fs from 'node:fs';
import * as path from 'node:path';

/** A file system, as /proc/self/mounts lists it. */
export interface Mount {
  place: string;
  options: string[];
}

/** Blanks and backslashes of a path are octal in the listing. */
const decoded = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

/** The mount that a directory is on; for one that does not exist, the mount of its closest parent that does. */
export function mountOf(
  directory: string,
  listing: string = fs.readFileSync('/proc/self/mounts', 'utf8'),
): Mount | undefined {
  let existing = directory;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const real = fs.realpathSync(existing);
  const mounts = listing
    .split('\n')
    .filter(Boolean)
    .map((line): Mount => {
      const [, place = '', , options = ''] = line.split(' ');
      return { place: decoded(place), options: options.split(',') };
    })
    .filter(({ place }) => real === place || real.startsWith(place.replace(/\/?$/, '/')));
  // The last of those with the longest path is on top.
  return mounts.sort((a, b) => a.place.length - b.place.length).at(-1);
}
