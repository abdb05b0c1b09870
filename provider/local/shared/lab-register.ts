import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../../util/atomic-write';
import { cloudDirectory, hostDirectory } from '../../../util/directories';
import { currentOwner, ensureOwnerId, isSameOwner, type Owner, ownerAsText } from './lab-owner';

// The host's register of local labs. Names, namespaces, control groups and public networks belong
// to the host, so the register does, too. It covers labs of all state and cloud directories.

/** A local lab as the host knows it. */
export interface LabRecord {
  lab: string;
  /** Cloud directory that the lab's files are in. */
  cloud: string;
  owner: Owner;
}

const directory = (): string => path.join(hostDirectory(), 'labs');
const fileOf = (lab: string): string => path.join(directory(), `${lab}.json`);

/** Returns a lab's record; `undefined` if there is none. Labs of earlier versions have none. */
export function recordOf(lab: string): LabRecord | undefined {
  try {
    return JSON.parse(fs.readFileSync(fileOf(lab), 'utf8')) as LabRecord;
  } catch {
    return undefined;
  }
}

/** Names of the labs in the register. */
export function recordedLabs(): string[] {
  if (!fs.existsSync(directory())) return [];
  return fs
    .readdirSync(directory())
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'));
}

/**
 * Returns the owner of a lab that belongs to another state; `undefined` if this state may change
 * the lab.
 */
export function foreignOwner(lab: string, me: Owner = currentOwner()): Owner | undefined {
  const owner = recordOf(lab)?.owner;
  if (owner && !isSameOwner(owner, me)) return owner;
  return undefined;
}

/** The sentence for a lab that belongs to another state. */
export const foreignText = (lab: string, owner: Owner): string =>
  `Lab ${lab} on this host belongs to ${ownerAsText(owner)}.`;

/** Records this state as the lab's owner. Throws if the lab belongs to another one. */
export function claimLab(lab: string): void {
  const foreign = foreignOwner(lab);
  if (foreign) throw new Error(foreignText(lab, foreign));
  ensureOwnerId();
  const known = recordOf(lab);
  const record: LabRecord = {
    lab,
    cloud: known?.cloud ?? cloudDirectory(),
    owner: currentOwner(),
  };
  if (JSON.stringify(known) === JSON.stringify(record)) return;
  fs.mkdirSync(directory(), { recursive: true, mode: 0o700 });
  writeAtomically(fileOf(lab), JSON.stringify(record), 0o600);
}

/** Removes a lab from the register: nothing of the lab is left. */
export const dropRecord = (lab: string): void => fs.rmSync(fileOf(lab), { force: true });
