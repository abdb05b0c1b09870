import * as fs from 'node:fs';
import * as path from 'node:path';
import { backendDirectory, fileBackend } from './environment';
import { type Failure, unable } from '../errors';
import { labArgument } from '../lab/name';
import { leftoversNote, projectName, stackFile } from './project';

// What the file backend keeps of a stack on this disk, looked at without an engine: for when there is no stack any more,
// and for when an engine can't read its state. A backend that the user chose is the user's.

/** The backend's directory, where it is the one that this command made. */
function ownBackend(): string | undefined {
  const chosen = process.env.PULUMI_BACKEND_URL;
  return !chosen || chosen === fileBackend() ? path.join(backendDirectory(), '.pulumi') : undefined;
}

const stateIn = (backend: string, stack: string): string =>
  path.join(backend, 'stacks', projectName(), `${stack}.json`);

const isLocal = (stack: string): boolean => stack.split('-')[0] === 'local';

/** What is wrong with a file of JSON; undefined where nothing is, or where there is no file. */
function wrongWith(file: string): string | undefined {
  if (!fs.existsSync(file)) return undefined;
  try {
    JSON.parse(fs.readFileSync(file, 'utf8'));
    return undefined;
  } catch (error) {
    return `${(error as Error).message}, ${fs.statSync(file).size} bytes`;
  }
}

/** The Failure for a stack whose state is cut off (power was lost as it was written, the disk was full); undefined where it is whole. */
export function damage(stack: string): Failure | undefined {
  const backend = ownBackend();
  const file = backend && stateIn(backend, stack);
  const wrong = file && wrongWith(file);
  if (!wrong) return undefined;
  const hasBackup = fs.existsSync(`${file}.bak`) && !wrongWith(`${file}.bak`);
  const name = labArgument({ stack });
  const cures = [
    ...(isLocal(stack) && hasBackup
      ? [`./lab up${name} goes on from the one before its last step`]
      : []),
    ...(isLocal(stack) ? [`./lab down${name} removes the lab without it`] : []),
    // Of another cloud a thing that only the lost step knew of would cost money for ever.
    ...(!isLocal(stack)
      ? [
          `put a whole one in its place (${hasBackup ? `${file}.bak` : `in ${backend}/backups`}) and compare it with the cloud`,
        ]
      : []),
  ];
  return unable(`The state of lab ${stack} is damaged: ${file} (${wrong}).`, cures.join('; '));
}

/** The same for whichever stack it is: with one such among them an engine lists none. */
export function anyDamage(): Failure | undefined {
  const backend = ownBackend();
  const directory = backend && path.dirname(stateIn(backend, 'any'));
  if (!directory || !fs.existsSync(directory)) return undefined;
  const stacks = fs
    .readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'));
  return stacks.map(damage).find((found) => found !== undefined);
}

/**
 * Puts the state before the last step in the place of one that is cut off, and says so; undefined where it is whole.
 * Only on this machine, where making a thing that is there already does no harm. Throws a Failure where it can't be.
 */
export function mendState(stack: string): string | undefined {
  const damaged = damage(stack);
  if (!damaged) return undefined;
  const file = stateIn(ownBackend()!, stack);
  if (!isLocal(stack) || !fs.existsSync(`${file}.bak`) || wrongWith(`${file}.bak`)) throw damaged;
  fs.renameSync(file, `${file}.cut`);
  fs.copyFileSync(`${file}.bak`, file);
  return `${damaged.message} It is kept as ${file}.cut, and the one before its last step is used.`;
}

/** Puts a state that nothing can read aside, for a lab of this machine that is made without it; returns where it is kept. */
export function discardState(stack: string): string {
  const file = stateIn(ownBackend()!, stack);
  fs.renameSync(file, `${file}.cut`);
  fs.rmSync(`${file}.bak`, { force: true });
  return `${file}.cut`;
}

/**
 * Removes what the backend keeps of a stack after its removal (backups of its state hold the lab's keys, if encrypted),
 * and the lab's own config: a lab of that name starts afresh.
 */
export function removeRecords(stack: string): void {
  fs.rmSync(stackFile(stack), { force: true });
  fs.rmSync(leftoversNote(stack), { force: true });
  const backend = ownBackend();
  if (!backend) return;
  const state = stateIn(backend, stack);
  // With what lies beside it: the one before, a damaged one, one that a killed engine had half written.
  const beside = fs.existsSync(path.dirname(state))
    ? fs
        .readdirSync(path.dirname(state))
        .filter((name) => `${name}.`.startsWith(`${path.basename(state)}.`))
    : [];
  for (const name of beside) fs.rmSync(path.join(path.dirname(state), name));
  for (const kind of ['backups', 'history'])
    fs.rmSync(path.join(backend, kind, projectName(), stack), { recursive: true, force: true });
  const locks = path.join(backend, 'locks', 'organization', projectName(), stack);
  // A lock in it is somebody's.
  if (fs.existsSync(locks) && fs.readdirSync(locks).length === 0) fs.rmdirSync(locks);
}
