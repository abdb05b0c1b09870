import * as fs from 'node:fs';
import * as path from 'node:path';

/** Free space on the file system of a directory, which may not exist yet. */
export interface Room {
  /** Id of the file system. */
  device: number;
  /** Free bytes. */
  bytes: number;
  /** Free inodes; Infinity if the file system has no fixed number. */
  files: number;
}

/** Returns the free space at a directory, or at its nearest parent that exists. */
export function roomAt(directory: string): Room {
  let existing = directory;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize, files, ffree } = fs.statfsSync(existing);
  return {
    device: fs.statSync(existing).dev,
    bytes: bavail * bsize,
    files: files === 0 ? Infinity : ffree,
  };
}
