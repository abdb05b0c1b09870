import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stateDirectory } from '../../util/directories';
import { writeAtomically } from '../../util/atomic-write';
import { root } from '../../util/repo-root';
import { ToolchainError } from '../errors';
import { commandPlugin } from '../manifest';

const PROGRAM = 'pulumi-resource-command';
/** Marks a plugin directory as a stand-in. The file contains the path of the stand-in's program. */
const MARKER = 'stand-in';

const STAND_IN = path.join(root, 'command-plugin', PROGRAM);
const LAUNCHER = path.join(root, 'toolchain', 'command-plugin', PROGRAM);

/** The labs' own PULUMI_HOME, separate from the user's other projects. */
export const labPulumiHome = (): string => path.join(stateDirectory(), 'pulumi-home');

/** The user's PULUMI_HOME. */
export const ownPulumiHome = (): string =>
  process.env.PULUMI_HOME || path.join(os.homedir(), '.pulumi');

const pluginDirectory = (pulumiHome: string): string =>
  path.join(pulumiHome, 'plugins', `resource-command-v${commandPlugin.version}`);

/**
 * Finds the command plugin in a PULUMI_HOME, at the pinned version. Returns `undefined` if there is
 * none that works.
 */
export function commandPluginIn(pulumiHome: string): 'official' | 'stand-in' | undefined {
  const directory = pluginDirectory(pulumiHome);
  const marker = path.join(directory, MARKER);
  if (!fs.existsSync(path.join(directory, PROGRAM)) || fs.existsSync(`${directory}.partial`))
    return undefined;
  if (!fs.existsSync(marker)) return 'official';
  if (pointToThisCheckout(marker)) return 'stand-in';
  return undefined;
}

/**
 * Points the stand-in to this checkout, because the checkout that installed it may have been
 * deleted. Returns true on success.
 */
function pointToThisCheckout(marker: string): boolean {
  if (fs.readFileSync(marker, 'utf8').trim() === STAND_IN) return true;
  try {
    writeAtomically(marker, `${STAND_IN}\n`, 0o600);
    return true;
  } catch {
    return false;
  }
}

/** Replaces the plugin's directory, in one step, with a directory that `fill` writes. */
function install(fill: (directory: string) => void): void {
  const directory = pluginDirectory(labPulumiHome());
  // Pulumi treats every directory in plugins/ as a plugin, so the new one is prepared elsewhere.
  const scratch = path.join(labPulumiHome(), `.plugin.${process.pid}`);
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(scratch, { recursive: true, mode: 0o700 });
  fs.mkdirSync(path.dirname(directory), { recursive: true, mode: 0o700 });
  fill(scratch);
  // The state directory is private: no access for other users.
  fs.chmodSync(path.join(scratch, PROGRAM), 0o700);
  fs.rmSync(directory, { recursive: true, force: true });
  fs.renameSync(scratch, directory);
}

/** Installs the official plugin from the store in the labs' PULUMI_HOME. */
export function installOfficialPlugin(artifact: string): void {
  install((directory) =>
    fs.copyFileSync(path.join(artifact, PROGRAM), path.join(directory, PROGRAM)),
  );
}

/**
 * Installs the stand-in in the labs' PULUMI_HOME. Throws a ToolchainError if this checkout has no
 * stand-in.
 */
export function installStandIn(): void {
  if (!fs.existsSync(STAND_IN))
    throw new ToolchainError(`${STAND_IN} is missing: this checkout is incomplete, clone it again`);
  install((directory) => {
    fs.copyFileSync(LAUNCHER, path.join(directory, PROGRAM));
    fs.writeFileSync(path.join(directory, MARKER), `${STAND_IN}\n`, { mode: 0o600 });
  });
}
