import * as fs from 'node:fs';
import * as path from 'node:path';
import { labDirectory } from '../shared/names';
import type { RouterState } from './router-state';

// A checkpoint is the directory labs/LAB/checkpoints/LABEL with `manifest.json` and a copy of each
// node's disk. Names that start with a dot are parts of an unfinished save.

/** Name of the directory of a lab's checkpoints, in the lab's directory. */
export const CHECKPOINTS = 'checkpoints';

export interface Manifest {
  label: string;
  /** Time of the save, ISO 8601. */
  saved: string;
  /** Bytes on the disk. */
  bytes: number;
  /**
   * Properties that the lab must still have at a restore, such as `workers` or the host key of a
   * node.
   */
  identity: Record<string, string>;
  /** Names of the nodes. */
  nodes: string[];
  /** Pods that were Ready, such as `Pod default/web`. A restore waits for them. */
  pods: string[];
  router: RouterState;
}

/** Returns the path of a file or directory of a lab's checkpoints. */
export const checkpointFile = (lab: string, ...parts: string[]): string =>
  path.join(labDirectory(lab), CHECKPOINTS, ...parts);

/** Name of an unfinished save. */
export const SAVING = '.saving';
/** Name of a checkpoint that a new one with the same label replaces. */
export const REPLACED = '.replaced';

/** Parts of a node's directory that are its disk. */
export const DISK_PARTS = ['upper', 'containerd'] as const;

/** Reads the manifest of a checkpoint, or of a save; `undefined` if it does not exist. */
export function readManifest(lab: string, name: string): Manifest | undefined {
  try {
    return JSON.parse(
      fs.readFileSync(checkpointFile(lab, name, 'manifest.json'), 'utf8'),
    ) as Manifest;
  } catch {
    return undefined;
  }
}

/** Lists the checkpoints of a lab, the oldest first. */
export function checkpointsOf(lab: string): Manifest[] {
  const directory = checkpointFile(lab);
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => readManifest(lab, name) ?? [])
    .sort((a, b) => a.saved.localeCompare(b.saved));
}

/** Removes the directory of all checkpoints if it is empty. */
export function removeEmptyDirectory(lab: string): void {
  const directory = checkpointFile(lab);
  if (fs.existsSync(directory) && fs.readdirSync(directory).length === 0) fs.rmdirSync(directory);
}

/**
 * Deletes one checkpoint. The rename comes first: a killed deletion leaves no half of a checkpoint,
 * and the next save removes the rest.
 */
export function removeCheckpoint(lab: string, label: string): void {
  const replaced = checkpointFile(lab, REPLACED);
  fs.rmSync(replaced, { recursive: true, force: true });
  fs.renameSync(checkpointFile(lab, label), replaced);
  fs.rmSync(replaced, { recursive: true, force: true });
  removeEmptyDirectory(lab);
}

/** Deletes all checkpoints of a lab. */
export const removeCheckpoints = (lab: string): void =>
  fs.rmSync(checkpointFile(lab), { recursive: true, force: true });

/** Space of a directory on the disk, for a plain copy. */
export interface Size {
  bytes: number;
  files: number;
}

/**
 * Returns the space that a directory uses on its disk. Files that vanish meanwhile do not count.
 */
export function sizeOf(directory: string): Size {
  const size = { bytes: 0, files: 0 };
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    try {
      size.bytes += fs.lstatSync(file).blocks * 512;
      size.files += 1;
      if (!entry.isDirectory()) continue;
      const below = sizeOf(file);
      size.bytes += below.bytes;
      size.files += below.files;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return size;
}
