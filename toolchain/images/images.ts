import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { SUITE, writeAptFiles } from '../debian';
import type { Architecture } from '../manifest';
import type { ItemProgress } from '../progress';
import { runOrThrow } from '../run';
import { artifactPath, storeArtifact, logFile, recipeFiles, shortDigest } from '../artifact-store';
import { addFiles, type Tree } from './layer';
import { writeLayout, type Image } from './layout';

const RECIPE = path.join(root, 'toolchain', 'images');

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Returns the OCI layout directory of the lab's images. `coredns` is the directory of the CoreDNS
 * artifact.
 */
export function imagesPath(architecture: Architecture, coredns: string): string {
  const digest = shortDigest([SUITE, architecture, path.basename(coredns), ...recipeFiles(RECIPE)]);
  return artifactPath('images', digest);
}

/**
 * Returns the directory of the images, or `undefined` if they do not exist. The directory gets its
 * name after it is complete.
 */
export function builtImages(architecture: Architecture, coredns: string): string | undefined {
  const directory = imagesPath(architecture, coredns);
  if (!fs.existsSync(directory)) return undefined;
  return directory;
}

/**
 * Unpacked inputs of the images: Debian files, busybox links, nginx libraries, and the compiled
 * pause program.
 */
interface Ingredients {
  debian: string;
  applets: string[];
  libraries: string[];
  pause: string;
}

const lines = (file: string): string[] => fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);

async function gather(
  scratch: string,
  architecture: Architecture,
  progress: ItemProgress,
): Promise<Ingredients> {
  const { sources, settings } = await writeAptFiles(scratch);
  progress.report('building', 'unpacking Debian packages');
  await runOrThrow(
    'unpacking the packages of the images',
    path.join(RECIPE, 'extract.sh'),
    [scratch, SUITE, architecture, sources, settings],
    { log: logFile('images') },
  );
  progress.report('building', 'pause');
  const pause = path.join(scratch, 'pause');
  await runOrThrow(
    'compiling pause',
    'gcc',
    ['-Os', '-static', '-s', '-Wall', '-Wextra', '-o', pause, path.join(RECIPE, 'pause.c')],
    { log: logFile('images') },
  );
  return {
    debian: path.join(scratch, 'debian'),
    applets: lines(path.join(scratch, 'applets.txt')),
    libraries: lines(path.join(scratch, 'libraries.txt')),
    pause,
  };
}

/**
 * Returns the files of every image with a shell: users, a directory for temporary files, busybox
 * under all its names.
 */
function withShell({ debian, applets }: Ingredients): Tree {
  const tree: Tree = new Map([
    ['bin/busybox', { file: path.join(debian, 'bin/busybox'), mode: 0o755 }],
    ['root', { directory: true, mode: 0o700 }],
    ['run', { directory: true }],
    ['tmp', { directory: true, mode: 0o1777 }],
    ['var/log', { directory: true }],
  ]);
  for (const applet of applets)
    if (applet !== 'bin/busybox') tree.set(applet, { link: '/bin/busybox' });
  addFiles(tree, path.join(RECIPE, 'content', 'common'));
  return tree;
}

const busybox = (ingredients: Ingredients): Image => ({
  repositories: ['docker.io/library/busybox'],
  tree: withShell(ingredients),
  config: { Cmd: ['sh'], Env: [PATH] },
});

function nginx(ingredients: Ingredients): Image {
  const { debian, libraries } = ingredients;
  const tree = withShell(ingredients);
  tree.set('usr/sbin/nginx', { file: path.join(debian, 'usr/sbin/nginx'), mode: 0o755 });
  tree.set('etc/nginx/mime.types', {
    file: path.join(debian, 'etc/nginx/mime.types'),
    mode: 0o644,
  });
  for (const library of libraries)
    tree.set(library.slice(1), { file: path.join(debian, library), mode: 0o755 });
  for (const directory of ['var/lib/nginx', 'var/log/nginx'])
    tree.set(directory, { directory: true });
  addFiles(tree, path.join(RECIPE, 'content', 'nginx'));
  return {
    repositories: ['docker.io/library/nginx'],
    tree,
    config: {
      Cmd: ['nginx', '-g', 'daemon off;'],
      Env: [PATH],
      ExposedPorts: { '80/tcp': {} },
      StopSignal: 'SIGQUIT',
    },
  };
}

const pause = (ingredients: Ingredients): Image => ({
  repositories: ['registry.k8s.io/pause'],
  tree: new Map([['pause', { file: ingredients.pause, mode: 0o755 }]]),
  config: { Entrypoint: ['/pause'], Env: [PATH], User: '65535:65535' },
});

const coredns = (program: string): Image => ({
  repositories: ['registry.k8s.io/coredns/coredns', 'docker.io/coredns/coredns'],
  tree: new Map([['coredns', { file: program, mode: 0o755 }]]),
  config: { Entrypoint: ['/coredns'], Env: [PATH], ExposedPorts: { '53/udp': {}, '53/tcp': {} } },
});

/**
 * Builds the lab's images from Debian packages, the pause program and CoreDNS. Needs root. The
 * caller must hold the store's lock.
 */
export function makeImages(
  architecture: Architecture,
  corednsArtifact: string,
  progress: ItemProgress,
): Promise<string> {
  return storeArtifact(imagesPath(architecture, corednsArtifact), async (directory) => {
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-images-'));
    try {
      const ingredients = await gather(scratch, architecture, progress);
      progress.report('building', 'writing images');
      const images = [
        busybox(ingredients),
        nginx(ingredients),
        pause(ingredients),
        coredns(path.join(corednsArtifact, 'coredns')),
      ];
      await writeLayout(directory, images, architecture);
    } finally {
      fs.rmSync(scratch, { recursive: true, force: true });
    }
  });
}
