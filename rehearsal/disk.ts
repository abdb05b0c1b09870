import * as fs from 'node:fs';

/** Space of a file system, in bytes. */
export interface Space {
  size: number;
  free: number;
}

/**
 * Share of the disk below which kubelet evicts pods: its default of imagefs.available
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/). The disk of a
 * rehearsal's nodes is the host's.
 */
const EVICTION = 0.15;

/** Bytes that a rehearsal of six nodes needs: 3.3 GB were measured. */
const NEED = 4e9;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export function spaceOf(directory: string): Space {
  const { blocks, bavail, bsize } = fs.statfsSync(directory);
  return { size: blocks * bsize, free: bavail * bsize };
}

/** Describes the space that is missing for `need` bytes more; `undefined` if the space suffices. */
export function diskMistake({ size, free }: Space, need = NEED): string | undefined {
  const missing = size * EVICTION + need - free;
  if (missing <= 0) return undefined;
  const share = `${((free / size) * 100).toFixed(1)} %`;
  return (
    `The disk has ${gigabytes(free)} free (${share}), and kubelet evicts pods below 15 %.\n` +
    `Free ${gigabytes(missing)} more.`
  );
}
