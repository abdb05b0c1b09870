import { setTimeout as wait } from 'node:timers/promises';

export interface PollOptions<T> {
  /** Milliseconds after which `poll` gives up, for example 20_000. */
  limit: number;
  /** Milliseconds between two attempts. Default 50. */
  interval?: number;
  /** Returns whether a result ends the wait. Default: whether the result is truthy. */
  satisfies?: (result: T) => boolean;
}

/**
 * Calls `attempt` until its result satisfies the condition, at least once, and returns the last
 * result. After the limit that is a result that does not satisfy the condition. Errors of `attempt`
 * are passed on at once.
 */
export async function poll<T>(
  attempt: () => T | Promise<T>,
  { limit, interval = 50, satisfies = Boolean }: PollOptions<T>,
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const result = await attempt();
    if (satisfies(result) || performance.now() >= end) return result;
    await wait(interval);
  }
}
