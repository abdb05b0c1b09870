import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createAtomically } from '../../../util/atomic-write';
import { stateDirectory } from '../../../util/directories';

/** State that a local lab belongs to: only its commands change the lab. */
export interface Owner {
  /** State directory, absolute. */
  state: string;
  /** Pulumi backend, if the user chose one; else the backend is in the state directory. */
  backend?: string;
  /** Random id in the state directory. It identifies a directory that was moved or restored. */
  id?: string;
  /** User who made the lab, for messages. */
  user: string;
}

const idFile = (state: string): string => path.join(state, 'owner-id');

function readId(state: string): string | undefined {
  try {
    return fs.readFileSync(idFile(state), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Creates the state directory's id if none exists. Two commands that start at once agree on one id.
 */
export function ensureOwnerId(): void {
  const state = stateDirectory();
  if (readId(state)) return;
  fs.mkdirSync(state, { recursive: true, mode: 0o700 });
  createAtomically(idFile(state), `${randomBytes(16).toString('hex')}\n`, 0o600);
}

/** The path behind links, so that one directory has one name. */
function resolved(directory: string): string {
  try {
    return fs.realpathSync(directory);
  } catch {
    return directory;
  }
}

/** Returns the backend that a user chose; `undefined` for the one in the state directory. */
function chosenBackend(url: string | undefined, state: string): string | undefined {
  const plain = url?.replace(/\?.*$/, '').replace(/\/+$/, '');
  const own = [stateDirectory(), state].map((directory) => `file://${directory}/backend`);
  if (plain && !own.includes(plain)) return plain;
  return undefined;
}

function userName(environment: NodeJS.ProcessEnv): string {
  if (environment.SUDO_USER) return environment.SUDO_USER;
  try {
    return os.userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? '?'}`;
  }
}

/** Returns the owner that this process acts for. */
export function currentOwner(environment: NodeJS.ProcessEnv = process.env): Owner {
  const state = resolved(stateDirectory());
  return {
    state,
    backend: chosenBackend(environment.PULUMI_BACKEND_URL, state),
    id: readId(state),
    user: userName(environment),
  };
}

/** Returns the address of an owner's backend: the chosen one, or the one in the state directory. */
function backendOf({ backend, state }: Owner): string {
  const address = backend ?? `file://${state}/backend`;
  if (!address.startsWith('file://')) return address;
  return `file://${resolved(address.slice('file://'.length))}`;
}

/**
 * Returns whether both owners use the same state, that is the same backend. Several state
 * directories may share a backend: one instructor's default backend can be the one that another
 * instructor chose.
 */
export function isSameOwner(one: Owner, other: Owner): boolean {
  if (backendOf(one) === backendOf(other)) return true;
  if (one.backend || other.backend) return false;
  return one.id !== undefined && one.id === other.id;
}

/** An owner as text: `the state directory /tmp/a (user ann)`. */
export function ownerAsText({ state, backend, user }: Owner): string {
  if (backend) return `the backend ${backend} (user ${user})`;
  return `the state directory ${state} (user ${user})`;
}
