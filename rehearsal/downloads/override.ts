import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import type { PublishedFile } from './releases';
import { MIRROR } from './server';

const MODULE = path.join(root, 'components/bootstrap/downloads.ts');
const ORIGINAL = path.join(root, 'components/bootstrap/official-downloads.ts');

/** Moves the original module away, once. */
function moveOriginal(): void {
  if (!fs.existsSync(ORIGINAL)) fs.renameSync(MODULE, ORIGINAL);
}

/**
 * Gives the program the digests of the rehearsal's releases, in the rehearsal's own copy of the checkout only: the
 * module that lists the downloads is replaced by one that asks the original and swaps digests.
 */
export function writeDigests(published: Map<string, PublishedFile>): void {
  const digests = Object.fromEntries(
    [...published].map(([name, { digest }]) => [`${MIRROR}/${name}`, digest]),
  );
  moveOriginal();
  fs.writeFileSync(
    MODULE,
    `import { officialDownloads as official } from './official-downloads';
import type { Download } from './index';

const digests: Record<string, string> = ${JSON.stringify(digests, null, 2)};

export const officialDownloads = (mirror: string): Download[] =>
  official(mirror).map((one) => ({
    ...one,
    digest: one.digest.includes('://') ? one.digest : (digests[one.url] ?? one.digest),
  }));
`,
  );
}
