import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { scratchDirectory } from '../../util/scratch-directory';
import { SUITE, writeAptFiles } from '../debian';
import type { Architecture } from '../manifest';
import type { ItemProgress } from '../progress';
import { runOrThrow } from '../run';
import { artifactPath, storeArtifact, logFile, recipeFiles, shortDigest } from '../artifact-store';

const RECIPE = path.join(root, 'toolchain', 'rootfs');

/**
 * Returns the path of the nodes' Debian tree. Its name contains the digest of packages, scripts,
 * suite and architecture.
 */
export function treePath(architecture: Architecture): string {
  const digest = shortDigest([SUITE, architecture, ...recipeFiles(RECIPE, /\.ts$/)]);
  return artifactPath('trees', `${SUITE}-${architecture}-${digest}`);
}

/** Returns true if the tree exists. The directory gets its name after it is complete. */
export const hasTree = (architecture: Architecture): boolean =>
  fs.existsSync(treePath(architecture));

/** Maps output of mmdebstrap to progress messages. Other lines are only logged. */
const STAGES: [RegExp, string][] = [
  [/running apt-get update/, 'reading package lists'],
  [/downloading packages with apt/, 'downloading packages'],
  [/extracting archives/, 'unpacking'],
  [/installing essential packages/, 'installing the base system'],
  [/installing remaining packages/, 'installing the other packages'],
  [/running --customize-hook/, 'configuring the node'],
  [/cleaning package lists/, 'cleaning up'],
];

/**
 * Builds the nodes' Debian tree with mmdebstrap, in about half a minute. Needs root. The caller
 * must hold the store's lock.
 */
export function makeTree(architecture: Architecture, progress: ItemProgress): Promise<string> {
  return storeArtifact(treePath(architecture), async (directory) => {
    const scratch = scratchDirectory('apt');
    try {
      const { sources, settings } = await writeAptFiles(scratch);
      progress.report('building');
      await runOrThrow(
        'building the Debian tree',
        path.join(RECIPE, 'build.sh'),
        [directory, SUITE, architecture, sources, settings],
        {
          log: logFile('tree'),
          onLine: (line) => {
            const stage = STAGES.find(([pattern]) => pattern.test(line));
            if (stage) progress.report('building', stage[1]);
          },
        },
      );
    } finally {
      fs.rmSync(scratch, { recursive: true, force: true });
    }
  });
}
