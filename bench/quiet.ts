import * as os from 'node:os';
import { poll } from '../util/poll';

/** Milliseconds of one look at the processors, and of the longest wait. */
const LOOK = 2000;
const LIMIT = 30_000;

/** Share of the processors that must be idle. */
const IDLE_SHARE = 0.9;

/** Milliseconds of all processors since the host started. */
interface Times {
  idle: number;
  all: number;
}

function processorTimes(): Times {
  const sum = { idle: 0, all: 0 };
  for (const { times } of os.cpus()) {
    sum.idle += times.idle;
    sum.all += Object.values(times).reduce((total, one) => total + one, 0);
  }
  return sum;
}

/** Returns the share of the processors that was idle between two looks. */
export const idleShare = (before: Times, after: Times): number =>
  (after.idle - before.idle) / Math.max(1, after.all - before.all);

/**
 * Waits until the processors are nearly idle, for at most half a minute. After a lab's end, the
 * kernel still removes its namespaces, mounts and files, which would slow the next measurement.
 */
export async function quiet({
  times = processorTimes,
  look = LOOK,
  limit = LIMIT,
} = {}): Promise<void> {
  const isQuiet = async (): Promise<boolean> => {
    const before = times();
    await new Promise((resolve) => setTimeout(resolve, look));
    return idleShare(before, times()) >= IDLE_SHARE;
  };
  await poll(isQuiet, { limit, interval: 0 });
}
