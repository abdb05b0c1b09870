import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { stateDirectory } from '../../util/directories';
import { proxyExceptions } from '../../util/proxies';
import { projectDirectory } from './project';

/** What of the toolchain the engine needs. */
export interface EnginePrograms {
  /** The pulumi program. */
  pulumi: string;
  /** Where pulumi-language-nodejs is. */
  languageHostDirectory: string;
  /** PULUMI_HOME with the plugins that the toolchain brought. */
  pulumiHome: string;
}

/** Makes the state directory, for its owner alone. */
export function prepareState(): string {
  const directory = stateDirectory();
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  fs.chmodSync(directory, 0o700);
  return directory;
}

/** Takes others' rights from a file, and from all below a directory; not from what a link leads to. */
function close(file: string): void {
  try {
    const found = fs.lstatSync(file);
    if (found.isSymbolicLink()) return;
    if ((found.mode & 0o077) !== 0) fs.chmodSync(file, found.mode & 0o700);
    if (found.isDirectory()) for (const name of fs.readdirSync(file)) close(path.join(file, name));
  } catch (error) {
    // Another command may have taken it away meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Makes the state its owner's alone: plain pulumi writes as the umask of its user's shell says. */
export const closeState = (): void => close(prepareState());

/** How many of the engine's logs stay: enough of them to look into what happened, at most some MB each. */
const LOGS = 40;

/** Drops the engine's older logs: it writes one for every command, and keeps them all. */
export function dropOldLogs(pulumiHome: string): void {
  const directory = path.join(pulumiHome, 'logs');
  if (!fs.existsSync(directory)) return;
  const written = (name: string): number =>
    fs.statSync(path.join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newestFirst = fs
    .readdirSync(directory)
    .map((name) => ({ name, at: written(name) }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of newestFirst.slice(LOGS))
    fs.rmSync(path.join(directory, name), { force: true });
}

/**
 * The file with the passphrase that encrypts secrets in the state, made (0600) when there is none.
 * Two commands that start at once get the same one: the file appears whole or not at all.
 */
export function passphraseFile(): string {
  const file = path.join(prepareState(), 'passphrase');
  if (fs.existsSync(file)) return file;
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, `${crypto.randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
  try {
    fs.linkSync(scratch, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(scratch);
  }
  return file;
}

/** Where the file backend lies: the one in use when the user chose none. */
export function backendDirectory(): string {
  const directory = path.join(prepareState(), 'backend');
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/**
 * The file backend as Pulumi takes it. Without metadata: that would be a second file beside each, written in place, and
 * an engine killed at that moment leaves one that no engine reads past.
 */
export const fileBackend = (): string => `file://${backendDirectory()}?metadata=skip`;

/**
 * What the engine needs in its environment. The user's own choice of backend, Pulumi home or passphrase is respected.
 * Holds paths and names only, never the passphrase.
 */
export function engineEnvironment(
  programs: EnginePrograms,
  given: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const directories = [path.dirname(programs.pulumi), programs.languageHostDirectory];
  const rest = (given.PATH ?? '')
    .split(':')
    .filter((directory) => directory !== '' && !directories.includes(directory));
  const environment: Record<string, string> = {
    PATH: [...new Set([...directories, ...rest])].join(':'),
    PULUMI_HOME: given.PULUMI_HOME || programs.pulumiHome,
    PULUMI_BACKEND_URL: given.PULUMI_BACKEND_URL || fileBackend(),
    PULUMI_OPTION_CWD: projectDirectory(),
    ...proxyExceptions([], given),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // A lost config file must not make the secrets in the state unreadable.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
  };
  if (given.PULUMI_CONFIG_PASSPHRASE === undefined) {
    environment.PULUMI_CONFIG_PASSPHRASE_FILE =
      given.PULUMI_CONFIG_PASSPHRASE_FILE || passphraseFile();
  }
  return environment;
}
