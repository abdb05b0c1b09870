import type { LabConfig } from '../config';

/** Where nothing else is said, for each machine: six of them were seen to take 1.7 GB at most, page cache too, in 400 tasks. */
const MEMORY = 2 ** 30;
const PROCESSES = 512;

/** What a lab may take of this machine: bytes, and processes with their threads. Its machines share both. */
export function boundsOf({ controllers, workers, memoryLimit, processLimit }: LabConfig): {
  memoryLimit: number;
  processLimit: number;
} {
  const machines = controllers + workers;
  return {
    memoryLimit: memoryLimit ?? machines * MEMORY,
    processLimit: processLimit ?? machines * PROCESSES,
  };
}
