import * as fs from 'node:fs';
import * as path from 'node:path';
import { run } from '../shared/command';
import { DISK_PARTS } from './files';

/** Seconds for the disks of a lab: gigabytes, on a host that may be busy. */
const LIMIT = { seconds: 1800 };

/**
 * Copies directories with all attributes: overlayfs keeps whiteouts as device files and marks in
 * `trusted` attributes. Data is shared where the file system can (btrfs, xfs). Zeros become holes:
 * etcd reserves 64 MB for each of its logs.
 */
const copy = (sources: string[], target: string): Promise<string> =>
  run('cp', ['--archive', '--reflink=auto', '--sparse=always', '--', ...sources, target], LIMIT);

/** Copies the disks of all nodes from `from/NODE` to `to/NODE`, all nodes at the same time. */
export async function copyDisks(from: string, to: string, nodes: string[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      fs.mkdirSync(path.join(to, node), { recursive: true, mode: 0o755 });
      await copy(
        DISK_PARTS.map((part) => path.join(from, node, part)),
        path.join(to, node),
      );
    }),
  );
}

/**
 * Writes the file system of a directory to its disk, so that a power cut does not lose the copy.
 */
export const syncDisk = async (directory: string): Promise<void> =>
  void (await run('sync', ['--file-system', directory], LIMIT));
