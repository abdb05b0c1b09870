import * as fs from 'node:fs';
import * as path from 'node:path';
import { backendDirectory, fileBackend } from './state-directory';
import { type Failure, unable } from '../errors';
import { labArgument } from '../lab/name';
import { itemsIf } from '../../util/optional';
import { leftoversNote, projectName, stackFile } from './project';

// Reads a stack's files in the default file backend without an engine: after the stack was removed,
// or when an engine can't read its state. A backend that the user chose is not touched.

/** Directory of the default file backend. */
const defaultBackend = (): string => path.join(backendDirectory(), '.pulumi');

/** Directory of the default file backend; `undefined` if the user chose another backend. */
function ownBackend(): string | undefined {
  const chosen = process.env.PULUMI_BACKEND_URL;
  return !chosen || chosen === fileBackend() ? defaultBackend() : undefined;
}

const stateIn = (backend: string, stack: string): string =>
  path.join(backend, 'stacks', projectName(), `${stack}.json`);

/**
 * Returns whether the default file backend has no state of the stack. `false` for a backend that
 * the user chose: only an engine can ask it.
 */
export function isAbsent(stack: string): boolean {
  const backend = ownBackend();
  if (!backend) return false;
  const state = stateIn(backend, stack);
  return ![state, `${state}.gz`].some((file) => fs.existsSync(file));
}

const isLocal = (stack: string): boolean => stack.split('-')[0] === 'local';

/** Returns the error in a JSON file; `undefined` if the file is valid or does not exist. */
function wrongWith(file: string): string | undefined {
  if (!fs.existsSync(file)) return undefined;
  try {
    JSON.parse(fs.readFileSync(file, 'utf8'));
    return undefined;
  } catch (error) {
    return `${(error as Error).message}, ${fs.statSync(file).size} bytes`;
  }
}

/**
 * Returns the Failure for a damaged state file (power loss or full disk during a write);
 * `undefined` if the file is valid.
 */
export function damagedState(stack: string): Failure | undefined {
  const backend = ownBackend();
  const file = backend && stateIn(backend, stack);
  const wrong = file && wrongWith(file);
  if (!wrong) return undefined;
  const hasBackup = fs.existsSync(`${file}.bak`) && !wrongWith(`${file}.bak`);
  const name = labArgument({ stack });
  const cures = [
    ...itemsIf(
      isLocal(stack) && hasBackup,
      `./lab up${name} continues from its backup, taken before the last step`,
    ),
    ...itemsIf(isLocal(stack), `./lab down${name} removes the lab without its state`),
    // A resource in a cloud that only the lost step knew would cost money forever.
    ...itemsIf(
      !isLocal(stack),
      `replace it with a valid state (${hasBackup ? `${file}.bak` : `in ${backend}/backups`}) and compare it with the cloud`,
    ),
  ];
  return unable(`The state of lab ${stack} is damaged: ${file} (${wrong}).`, cures.join('; '));
}

/** Lists the stacks with a state in the default file backend, also if the user chose another one. */
export function defaultStates(): string[] {
  const directory = path.dirname(stateIn(defaultBackend(), 'any'));
  if (!fs.existsSync(directory)) return [];
  return fs.readdirSync(directory).flatMap((file) => /^(.+)\.json(\.gz)?$/.exec(file)?.[1] ?? []);
}

/**
 * Returns the Failure of the first stack with a damaged state: the engine can't list stacks then.
 */
export function anyDamagedState(): Failure | undefined {
  if (!ownBackend()) return undefined;
  return defaultStates()
    .map(damagedState)
    .find((found) => found !== undefined);
}

/**
 * Replaces a damaged state with its backup, taken before the last step, and returns a message.
 * Returns `undefined` if the state is valid. Only for local labs: creating an existing local
 * resource again is harmless. Throws a Failure if there is no valid backup.
 */
export function repairState(stack: string): string | undefined {
  const damaged = damagedState(stack);
  if (!damaged) return undefined;
  const file = stateIn(ownBackend()!, stack);
  if (!isLocal(stack) || !fs.existsSync(`${file}.bak`) || wrongWith(`${file}.bak`)) throw damaged;
  fs.renameSync(file, `${file}.cut`);
  fs.copyFileSync(`${file}.bak`, file);
  return `${damaged.message} It is kept as ${file}.cut, and the backup from before its last step is used.`;
}

/** Sets a damaged state of a local lab aside; returns the path at which it is kept. */
export function discardState(stack: string): string {
  const file = stateIn(ownBackend()!, stack);
  fs.renameSync(file, `${file}.cut`);
  fs.rmSync(`${file}.bak`, { force: true });
  return `${file}.cut`;
}

/**
 * Removes the files that the backend keeps after a stack was removed (backups hold the lab's keys,
 * encrypted), and the lab's config. A later lab of that name starts with defaults.
 */
export function removeRecords(stack: string): void {
  fs.rmSync(stackFile(stack), { force: true });
  fs.rmSync(leftoversNote(stack), { force: true });
  const backend = ownBackend();
  if (!backend) return;
  const state = stateIn(backend, stack);
  // Also removes files beside the state: its backup, a damaged state, a temporary file of a killed
  // engine.
  const beside = fs.existsSync(path.dirname(state))
    ? fs
        .readdirSync(path.dirname(state))
        .filter((name) => `${name}.`.startsWith(`${path.basename(state)}.`))
    : [];
  for (const name of beside) fs.rmSync(path.join(path.dirname(state), name));
  for (const kind of ['backups', 'history'])
    fs.rmSync(path.join(backend, kind, projectName(), stack), { recursive: true, force: true });
  const locks = path.join(backend, 'locks', 'organization', projectName(), stack);
  // A remaining lock belongs to a running engine.
  if (fs.existsSync(locks) && fs.readdirSync(locks).length === 0) fs.rmdirSync(locks);
}
