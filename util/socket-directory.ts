import * as os from 'node:os';

/**
 * Longest parent of a directory with sockets, in characters. A socket's path has 108 bytes (sun_path), and ssh needs some
 * for its own suffix.
 */
const LONGEST = 42;

/** Parent for a directory with ssh's control sockets: TMPDIR, or /tmp if that is too long or needs quoting. */
export function socketParent(directory: string = os.tmpdir()): string {
  const isPlain = /^[\w./-]+$/.test(directory);
  if (isPlain && directory.length <= LONGEST) return directory;
  return '/tmp';
}
