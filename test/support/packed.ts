import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import { presentTools } from '../../toolchain';

/** Packages of an example's own package.json. */
const OWN = ['@pulumi/pulumi', 'typescript', '@types/node'];

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

export const manifestOf = (directory: string): Manifest =>
  JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')) as Manifest;

function link(modules: string, name: string): void {
  const place = path.join(modules, name);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.symlinkSync(path.join(root, 'node_modules', name), place);
}

/**
 * Packs this repository, and installs the package into the folder `place`. Dependencies are links to
 * the checkout's packages: only those that package.json lists, so a missing one is noticed.
 */
export function installPacked(place: string): void {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', place], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const modules = path.join(place, 'node_modules');
  const own = path.join(modules, 'hardway-lab');
  fs.mkdirSync(own, { recursive: true });
  const archive = path.join(place, `hardway-lab-${manifestOf(root).version}.tgz`);
  execFileSync('tar', ['xzf', archive, '-C', own, '--strip-components=1']);
  for (const name of new Set([...OWN, ...Object.keys(manifestOf(own).dependencies)]))
    link(modules, name);
}

/** Copies an example below `place`, which has the installed package. Returns the copy's directory. */
export function copyExample(place: string, name: string): string {
  const directory = path.join(place, name);
  fs.mkdirSync(directory);
  for (const file of ['Pulumi.yaml', 'package.json', 'tsconfig.json', 'index.ts'])
    fs.copyFileSync(path.join(root, 'examples', name, file), path.join(directory, file));
  fs.symlinkSync('../node_modules', path.join(directory, 'node_modules'));
  return directory;
}

/** Runs plain pulumi in a project, with its own backend and state below `place`. */
export async function plainPulumi(
  place: string,
  project: string,
  ...args: string[]
): Promise<SpawnSyncReturns<string>> {
  const tools = await presentTools();
  if (!tools) throw new Error('the toolchain is not installed: run ./lab setup');
  const backend = path.join(place, 'backend');
  fs.mkdirSync(backend, { recursive: true });
  return spawnSync(tools.pulumi, [...args, '--non-interactive'], {
    cwd: project,
    encoding: 'utf8',
    timeout: 120_000,
    env: {
      ...process.env,
      PATH: [path.dirname(tools.pulumi), tools.languageHostDirectory, process.env.PATH].join(':'),
      PULUMI_HOME: path.join(place, 'pulumi-home'),
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: '',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
      HARDWAY_STATE: path.join(place, 'state'),
      HARDWAY_CLOUD: path.join(place, 'cloud'),
      HARDWAY_HOST: path.join(place, 'host'),
    },
  });
}
