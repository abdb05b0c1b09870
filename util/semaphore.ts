/**
 * At most `places` of the works that are given to it run at a time; the others wait in the order they came. After a
 * failure no further one is begun: those that wait end with `Stopped`.
 */
export function turns(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  let failed = false;
  return async (work) => {
    if (running >= places) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      if (failed) throw new Stopped();
      return await work();
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      // The place goes to the next in line, or is free.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Another part failed first: this one was not begun. */
export class Stopped extends Error {
  override name = 'Stopped';
  constructor() {
    super('not begun, as another part failed');
  }
}
