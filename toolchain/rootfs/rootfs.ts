import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { scratchDirectory } from '../../util/scratch-directory';
import { sum } from '../../util/sum';
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

/** Megabytes of packages that apt downloads for the tree. Used for estimates. */
const PACKAGES_MEGABYTES = 75;

/** Returns the bytes of the packages in a tree that apt has downloaded and not yet deleted. */
function archiveBytes(tree: string): number {
  const archives = path.join(tree, 'var', 'cache', 'apt', 'archives');
  try {
    const files = fs.readdirSync(archives, { recursive: true, encoding: 'utf8' });
    const packages = files.filter((file) => file.endsWith('.deb'));
    return sum(packages.map((file) => fs.statSync(path.join(archives, file)).size));
  } catch {
    // The directory does not exist yet, or apt has just moved a package.
    return 0;
  }
}

/**
 * Returns a function that reads the part of a tree's packages that has arrived, from 0 to 1. Adds
 * what is new at each call, because mmdebstrap deletes the packages of the base system before apt
 * downloads the others.
 */
export function packageArrival(tree: string): () => number {
  let arrived = 0;
  let before = 0;
  return () => {
    const now = archiveBytes(tree);
    if (now > before) arrived += now - before;
    if (now > 0) before = now;
    return Math.min(1, arrived / 1e6 / PACKAGES_MEGABYTES);
  };
}

/**
 * Builds the nodes' Debian tree with mmdebstrap, in about half a minute. Needs root. The caller
 * must hold the store's lock.
 */
export function makeTree(architecture: Architecture, progress: ItemProgress): Promise<string> {
  return storeArtifact(treePath(architecture), async (directory) => {
    const scratch = scratchDirectory('apt');
    let watch: NodeJS.Timeout | undefined;
    try {
      const { sources, settings } = await writeAptFiles(scratch);
      let stage = '';
      const arrival = packageArrival(directory);
      const report = (): void => progress.report('building', stage, arrival());
      report();
      watch = setInterval(report, 500);
      await runOrThrow(
        'building the Debian tree',
        path.join(RECIPE, 'build.sh'),
        [directory, SUITE, architecture, sources, settings],
        {
          log: logFile('tree'),
          onLine: (line) => {
            stage = STAGES.find(([pattern]) => pattern.test(line))?.[1] ?? stage;
          },
        },
      );
    } finally {
      clearInterval(watch);
      fs.rmSync(scratch, { recursive: true, force: true });
    }
  });
}
