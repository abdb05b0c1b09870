import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stateDirectory } from '../../util/directories';
import { root } from '../../util/repo-root';
import { ToolchainError } from '../errors';
import { commandPlugin } from '../manifest';

const PROGRAM = 'pulumi-resource-command';
/** In a plugin's directory: it is our stand-in, whose path this file holds. */
const MARKER = 'stand-in';

const STAND_IN = path.join(root, 'command-plugin', PROGRAM);
const LAUNCHER = path.join(root, 'toolchain', 'command-plugin', PROGRAM);

/** A PULUMI_HOME of the lab's own, so that nothing in it can meet another project. */
export const labPulumiHome = (): string => path.join(stateDirectory(), 'pulumi-home');

/** The PULUMI_HOME of the person who runs this. */
export const ownPulumiHome = (): string =>
  process.env.PULUMI_HOME || path.join(os.homedir(), '.pulumi');

const pluginDirectory = (pulumiHome: string): string =>
  path.join(pulumiHome, 'plugins', `resource-command-v${commandPlugin.version}`);

/** Which command plugin a PULUMI_HOME has at our version: the real one, our stand-in, or none that works. */
export function commandPluginIn(pulumiHome: string): 'official' | 'stand-in' | undefined {
  const directory = pluginDirectory(pulumiHome);
  const marker = path.join(directory, MARKER);
  if (!fs.existsSync(path.join(directory, PROGRAM)) || fs.existsSync(`${directory}.partial`))
    return undefined;
  if (!fs.existsSync(marker)) return 'official';
  return pointHere(marker) ? 'stand-in' : undefined;
}

/** Makes the stand-in this checkout's: another clone knows the same labs, and the one that installed it may be gone. */
function pointHere(marker: string): boolean {
  if (fs.readFileSync(marker, 'utf8').trim() === STAND_IN) return true;
  try {
    fs.writeFileSync(`${marker}.${process.pid}`, `${STAND_IN}\n`, { mode: 0o600 });
    fs.renameSync(`${marker}.${process.pid}`, marker);
    return true;
  } catch {
    return false;
  }
}

/** Replaces the plugin's directory in one step with one that `fill` writes. */
function install(fill: (directory: string) => void): void {
  const directory = pluginDirectory(labPulumiHome());
  // Pulumi takes every directory of plugins/ by its name for a plugin: prepare it elsewhere.
  const scratch = path.join(labPulumiHome(), `.plugin.${process.pid}`);
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(scratch, { recursive: true, mode: 0o700 });
  fs.mkdirSync(path.dirname(directory), { recursive: true, mode: 0o700 });
  fill(scratch);
  // It lies in the state directory, where everything is its owner's alone.
  fs.chmodSync(path.join(scratch, PROGRAM), 0o700);
  fs.rmSync(directory, { recursive: true, force: true });
  fs.renameSync(scratch, directory);
}

/** Installs the real plugin, from the store, into the lab's PULUMI_HOME. */
export function installOfficialPlugin(artifact: string): void {
  install((directory) =>
    fs.copyFileSync(path.join(artifact, PROGRAM), path.join(directory, PROGRAM)),
  );
}

/** Installs our stand-in into the lab's PULUMI_HOME. Throws a ToolchainError where this checkout lacks it. */
export function installStandIn(): void {
  if (!fs.existsSync(STAND_IN))
    throw new ToolchainError(`there is no ${STAND_IN}: this checkout is not complete`);
  install((directory) => {
    fs.copyFileSync(LAUNCHER, path.join(directory, PROGRAM));
    fs.writeFileSync(path.join(directory, MARKER), `${STAND_IN}\n`, { mode: 0o600 });
  });
}
