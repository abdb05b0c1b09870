/** State of an interruption by the user. */
export interface Interruption {
  signal: AbortSignal;
  readonly happened: boolean;
}

/**
 * Time in milliseconds within which several signals count as one: `timeout` signals the process and
 * its group.
 */
const TOGETHER = 500;

/**
 * Does `work` so that Ctrl-C (SIGINT), SIGTERM and SIGHUP end it in order instead of killing this
 * process. `onInterrupt` is called at the first signal, to print what is being waited for;
 * `onAgain` at the second. With `childrenHear`, the terminal sends Ctrl-C to the work's own
 * processes too.
 */
export async function interruptible<T>(
  work: (interruption: Interruption) => Promise<T>,
  onInterrupt: () => void,
  { childrenHear = false, onAgain }: { childrenHear?: boolean; onAgain?: () => void } = {},
): Promise<T> {
  const controller = new AbortController();
  let [count, last] = [0, 0];
  const stop = (name: NodeJS.Signals): void => {
    if (count > 0 && Date.now() - last < TOGETHER) return;
    [count, last] = [count + 1, Date.now()];
    if (count === 1) onInterrupt();
    if (count === 2) onAgain?.();
    // A second signal makes an engine abort at once.
    if (childrenHear && name === 'SIGINT' && process.stdin.isTTY && count === 1) return;
    controller.abort();
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((name) => process.on(name, stop));
  try {
    return await work({
      signal: controller.signal,
      get happened() {
        return count > 0;
      },
    });
  } finally {
    signals.forEach((name) => process.off(name, stop));
  }
}
