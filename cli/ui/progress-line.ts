import type { Remaining } from '../../toolchain';
import { textIf } from '../../util/optional';

/** Seconds between two values that are shown. Smaller near the end, where a minute is a lot. */
function stepAt(seconds: number): number {
  if (seconds < 150) return 30;
  return 60;
}

/** Rounds an estimate to a value that is shown. Less than a minute is 0. */
function rounded(seconds: number): number {
  if (seconds < 60) return 0;
  const step = stepAt(seconds);
  return Math.round(seconds / step) * step;
}

/** Formats an estimate: `less than a minute`, `about 1 min 30 s`, `about 7 min`. */
export function roughly(seconds: number): string {
  const value = rounded(seconds);
  if (value === 0) return 'less than a minute';
  return `about ${Math.floor(value / 60)} min${textIf(value % 60 > 0, ` ${value % 60} s`)}`;
}

/**
 * Line about long work: `42 % done, about 7 min left`. The percentage never falls. The time left
 * rises only if the estimate exceeds it by a whole step, so that it does not jump up and down.
 */
export class ProgressLine {
  private percent = 0;
  private seconds = Infinity;

  text({ percent, seconds }: Remaining): string {
    this.percent = Math.max(this.percent, percent);
    const isLess = rounded(seconds) < this.seconds;
    const isMuchMore = seconds >= Math.max(60, this.seconds) + stepAt(this.seconds);
    if (isLess || isMuchMore) this.seconds = rounded(seconds);
    return `${this.percent} % done, ${roughly(this.seconds)} left`;
  }
}
