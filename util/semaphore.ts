/** Runs work as soon as there is a free slot. The work may call `release` before its end. */
export type Turn = <T>(work: (release: () => void) => Promise<T>) => Promise<T>;

/**
 * Returns a function that runs at most `limit` pieces of work at a time; others wait in order of
 * arrival.
 * After a failure no further work starts: waiting work is rejected with `NotStarted`. With
 * `continues`, work starts also after a failure.
 */
export function semaphore(limit: number, { continues = false } = {}): Turn {
  const waiting: (() => void)[] = [];
  let running = 0;
  let failed = false;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      // Hands the slot to the next waiting work. Without any, the slot becomes free.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    };
    try {
      if (failed) throw new NotStarted();
      return await work(release);
    } catch (error) {
      failed = !continues;
      throw error;
    } finally {
      release();
    }
  };
}

/** Work was not started because other work failed first. */
export class NotStarted extends Error {
  override name = 'NotStarted';
  constructor() {
    super('not started, because another part failed');
  }
}
