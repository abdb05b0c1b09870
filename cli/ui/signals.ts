/** What a run under way is told when somebody wants it to stop. */
export interface Interruption {
  signal: AbortSignal;
  readonly happened: boolean;
}

/** Signals that come closer together, in milliseconds, are one: `timeout` sends its own to the process and to its group. */
const TOGETHER = 500;

/**
 * Does `work` so that Ctrl-C (SIGINT), SIGTERM and SIGHUP end it in order instead of killing this process.
 * `onInterrupt` is called at the first of them, to say what is being waited for; `onAgain` at the second. `childrenHear`:
 * the terminal sends Ctrl-C to the work's own processes too.
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
    // Two of them make an engine drop everything where it is.
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
