import { setTimeout as wait } from 'node:timers/promises';

/** Time limits of `poll`. */
export interface PollOptions {
  /** Milliseconds after which `poll` gives up, for example 20_000. */
  limit: number;
  /** Milliseconds between two attempts. Default 50. */
  interval?: number;
}

/**
 * Calls `condition` until it returns a truthy value, and returns that value. After the limit it
 * tries once more and returns the last result: `false`, `undefined` or another falsy value.
 * Errors of `condition` are passed on at once.
 */
export async function poll<T>(
  condition: () => T | Promise<T>,
  { limit, interval = 50 }: PollOptions,
): Promise<T> {
  const end = performance.now() + limit;
  while (performance.now() < end) {
    const result = await condition();
    if (result) return result;
    await wait(interval);
  }
  return condition();
}
