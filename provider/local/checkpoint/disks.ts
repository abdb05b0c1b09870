import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { DISK_PARTS } from './files';

const execute = promisify(execFile);

/**
 * Copies directories with all attributes: overlayfs keeps whiteouts as device files and marks in
 * `trusted` attributes. Data is shared where the file system can (btrfs, xfs). Zeros become holes:
 * etcd reserves 64 MB for each of its logs.
 */
const copy = (sources: string[], target: string): Promise<unknown> =>
  execute('cp', ['--archive', '--reflink=auto', '--sparse=always', '--', ...sources, target]);

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
  void (await execute('sync', ['--file-system', directory]));
