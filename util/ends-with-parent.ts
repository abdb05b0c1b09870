/** Runs its arguments if the process `$0` is still its parent. */
const IF_PARENT_LIVES = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * Returns the words that start a program which the kernel kills when its parent ends (`setpriv
 * --pdeathsig`). A parent that ended before setpriv asked for the signal is noticed, too: the
 * program then does not start.
 */
export const endsWithParent = (words: string[], parent = process.pid): string[] => [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['sh', '-c', IF_PARENT_LIVES, String(parent)],
  ...words,
];
