import * as fs from 'node:fs';
import * as path from 'node:path';
import { addressAt, parseCidr } from '../../../util/cidr';
import { cloudDirectory, hostDirectory } from '../../../util/directories';
import { namesIn } from '../../../util/existing-files';
import { linkExists } from './host-links';
import { claimLab, dropRecord, recordedLabs } from './lab-register';
import { labDirectory } from './names';

/** Record of a lab's place in the public pool. Kept on the host until the lab is deleted. */
export interface Slot {
  lab: string;
  pool: string;
  /** Number of the lab's public /24 in the pool, from 0. */
  slot: number;
}

// The lab's directory holds the number of its slot. A file named after the number reserves the
// slot: only one process can create it.
const slotFile = (lab: string): string => path.join(labDirectory(lab), 'slot.json');
const takenFile = (slot: number): string => path.join(hostDirectory(), 'slots', String(slot));
/** Place of the same file in earlier versions, when each cloud directory counted for itself. */
const formerFile = (slot: number): string => path.join(cloudDirectory(), 'slots', String(slot));

/** Returns the lab that has a slot; `undefined` if no lab is recorded. */
function holder(slot: number): string | undefined {
  for (const file of [takenFile(slot), formerFile(slot)]) {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Returns whether a lab can take a slot. A link without a record is another version's. */
function isFree(slot: number, lab: string): boolean {
  const other = holder(slot);
  if (other === undefined) return !linkExists(hostLink(slot));
  return other === lab;
}

/** Returns the lab's slot; `undefined` before its network is created. */
export function slotOf(lab: string): Slot | undefined {
  try {
    const slot = JSON.parse(fs.readFileSync(slotFile(lab), 'utf8')) as Slot;
    if (holder(slot.slot) === lab) return slot;
    return undefined;
  } catch {
    return undefined;
  }
}

/** Returns the names of all labs on the host, whichever state and cloud directory they are in. */
export function labs(): string[] {
  const here = namesIn(path.join(cloudDirectory(), 'labs'));
  return [...new Set([...here, ...recordedLabs()])].sort();
}

/**
 * Returns the lab's slot. If it has none, returns the lowest free slot after `ahead` other labs got
 * theirs. Throws if the pool is full.
 */
export function chooseSlot(lab: string, pool: string, ahead = 0): number {
  const own = slotOf(lab);
  if (own?.pool === pool) return own.slot;
  const count = parseCidr(pool).size / 256;
  let skip = ahead;
  for (let slot = 0; slot < count; slot++) {
    const free = isFree(slot, lab);
    if (free && skip === 0) return slot;
    if (free) skip -= 1;
  }
  throw new Error(
    `all ${count} public networks of ${pool} are taken by labs: take one down with ./lab down NAME`,
  );
}

/** Takes the slot. Returns false if another lab took it first. */
function take(slot: Slot): boolean {
  claimLab(slot.lab);
  fs.mkdirSync(path.dirname(takenFile(slot.slot)), { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(takenFile(slot.slot), slot.lab, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (holder(slot.slot) !== slot.lab) return false;
  }
  fs.mkdirSync(labDirectory(slot.lab), { recursive: true, mode: 0o700 });
  fs.writeFileSync(slotFile(slot.lab), JSON.stringify(slot), { mode: 0o600 });
  return true;
}

/** Takes a slot for the lab. Throws if another lab took it first. */
export function holdSlot(slot: Slot): void {
  if (!take(slot))
    throw new Error(
      `lab ${holder(slot.slot)} took public network ${slot.slot} at the same moment: run the same command again`,
    );
}

/**
 * Takes the lowest free slot for a lab without one. Labs that start simultaneously get different
 * slots. Returns true if a slot was taken. Throws if the pool is full.
 */
export function reserveSlot(lab: string, pool: string): boolean {
  if (slotOf(lab)) return false;
  // A lost race leaves fewer free slots, so the loop ends with a slot or with a full pool.
  while (!take({ lab, pool, slot: chooseSlot(lab, pool) }));
  return true;
}

/** Releases the lab's slot. Removes the lab's directory if it is otherwise empty. */
export function releaseSlot(lab: string): void {
  const own = slotOf(lab);
  fs.rmSync(slotFile(lab), { force: true });
  if (own)
    for (const file of [takenFile(own.slot), formerFile(own.slot)])
      fs.rmSync(file, { force: true });
  const directory = labDirectory(lab);
  if (
    fs.existsSync(directory) &&
    fs.readdirSync(directory).every((entry) => isEmpty(path.join(directory, entry)))
  ) {
    fs.rmSync(directory, { recursive: true });
    dropRecord(lab);
  }
}

const isEmpty = (entry: string): boolean =>
  fs.statSync(entry).isDirectory() && fs.readdirSync(entry).length === 0;

/** Returns the public /24 of a slot: `198.18.3.0/24` for slot 3. */
export const publicCidr = (pool: string, slot: number): string =>
  `${addressAt(pool, slot * 256)}/24`;

/** Returns the slot of a public /24. */
export const slotAt = (pool: string, cidr: string): number =>
  (parseCidr(cidr).first - parseCidr(pool).first) / 256;

/** Returns the name of the host's interface to a lab's router. */
export const hostLink = (slot: number): string => `hw${slot}`;
