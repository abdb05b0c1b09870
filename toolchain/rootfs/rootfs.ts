import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { SUITE, writeAptFiles } from '../debian';
import type { Architecture } from '../manifest';
import type { ItemProgress } from '../progress';
import { must } from '../run';
import { artifactPath, commit, logFile, recipeFiles, shortDigest } from '../artifact-store';

const RECIPE = path.join(root, 'toolchain', 'rootfs');

/** Where the nodes' Debian tree is, or will be: its name holds the digest of packages, scripts, suite and architecture. */
export function treePath(architecture: Architecture): string {
  const digest = shortDigest([SUITE, architecture, ...recipeFiles(RECIPE, /\.ts$/)]);
  return artifactPath('trees', `${SUITE}-${architecture}-${digest}`);
}

/** Whether the tree is there. It gets its name when it is complete. */
export const hasTree = (architecture: Architecture): boolean =>
  fs.existsSync(treePath(architecture));

/** What mmdebstrap says while it works, in our words; its other lines are for the log. */
const STAGES: [RegExp, string][] = [
  [/running apt-get update/, 'reading package lists'],
  [/downloading packages with apt/, 'downloading packages'],
  [/extracting archives/, 'unpacking'],
  [/installing essential packages/, 'installing the base system'],
  [/installing remaining packages/, 'installing the other packages'],
  [/running --customize-hook/, 'making it a node'],
  [/cleaning package lists/, 'cleaning up'],
];

/** Makes the nodes' Debian tree with mmdebstrap; about half a minute. Needs root. Call it under the store's lock. */
export function makeTree(architecture: Architecture, progress: ItemProgress): Promise<string> {
  return commit(treePath(architecture), async (directory) => {
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-apt-'));
    try {
      const { sources, settings } = await writeAptFiles(scratch);
      progress.tell('building');
      await must(
        'making the Debian tree',
        path.join(RECIPE, 'build.sh'),
        [directory, SUITE, architecture, sources, settings],
        {
          log: logFile('tree'),
          onLine: (line) => {
            const stage = STAGES.find(([pattern]) => pattern.test(line));
            if (stage) progress.tell('building', stage[1]);
          },
        },
      );
    } finally {
      fs.rmSync(scratch, { recursive: true, force: true });
    }
  });
}
