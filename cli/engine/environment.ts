import * as fs from 'node:fs';
import * as path from 'node:path';
import { proxyExceptions } from '../../util/proxies';
import { passphraseFile } from './passphrase';
import { projectDirectory } from './project';
import { backendDirectory, fileBackend, prepareState } from './state-directory';

/** Programs of the toolchain that the engine needs. */
export interface EnginePrograms {
  /** The pulumi program. */
  pulumi: string;
  /** Directory of pulumi-language-nodejs. */
  languageHostDirectory: string;
  /** PULUMI_HOME with the toolchain's plugins. */
  pulumiHome: string;
}

/**
 * Removes group and other permissions from a file, and from everything below a directory. Follows
 * no link.
 */
function close(file: string): void {
  try {
    const found = fs.lstatSync(file);
    if (found.isSymbolicLink()) return;
    if ((found.mode & 0o077) !== 0) fs.chmodSync(file, found.mode & 0o700);
    if (found.isDirectory()) for (const name of fs.readdirSync(file)) close(path.join(file, name));
  } catch (error) {
    // Another command may have deleted the file.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Makes the state readable for its owner only: plain pulumi creates files with the umask of the
 * user's shell.
 */
export const closeState = (): void => close(prepareState());

/** Number of engine logs to keep: some MB each at most. */
const LOGS = 40;

/** Deletes old logs of the engine: it writes one for every command and deletes none. */
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
 * Returns the engine's environment variables. Keeps the user's backend, Pulumi home and passphrase.
 * Holds paths and names only, never the passphrase.
 */
export function engineEnvironment(
  programs: EnginePrograms,
  given: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  prepareState();
  if (!given.PULUMI_BACKEND_URL) fs.mkdirSync(backendDirectory(), { recursive: true, mode: 0o700 });
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
