import * as os from 'node:os';

/** Longest path of a socket: `sun_path` has 108 bytes, one of which ends the path (unix(7)). */
const LONGEST_SOCKET = 107;

/**
 * Longest path of a socket below the parent. The plugin's scratch directory has a directory for each
 * connection. ssh listens at a temporary path with 17 more characters (OpenSSH, mux.c,
 * `muxserver_listen`).
 */
const BELOW =
  '/hardway-command-4194304-1ulakmk-XXXXXX' + '/0123456789ab/s9999' + '.0123456789abcdef';

/**
 * Parent for a directory with ssh's control sockets: TMPDIR, or /tmp if that is too long or needs
 * quoting.
 */
export function socketParent(directory: string = os.tmpdir()): string {
  const isPlain = /^[\w./-]+$/.test(directory);
  if (isPlain && directory.length + BELOW.length <= LONGEST_SOCKET) return directory;
  return '/tmp';
}
