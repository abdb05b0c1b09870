import type { UpstreamProject } from './program';
import type { Progress } from './progress';

/** Linking follows the last package, so a build with all packages compiled is not done. */
const COMPILED = 0.9;

/**
 * Seconds of the first guess. Until that much work is done, the guess counts more than the pace
 * seen so far.
 */
const PRIOR_SECONDS = 10;

/**
 * Returns the part of a project that is built, from 0 to 1: the builds before `index`, and
 * `packages` compiled packages of that build. Weighs the builds by their measured seconds.
 */
export function builtFraction(project: UpstreamProject, index: number, packages: number): number {
  const total = project.builds.reduce((sum, build) => sum + build.seconds, 0);
  const before = project.builds.slice(0, index).reduce((sum, build) => sum + build.seconds, 0);
  const { seconds, compiles } = project.builds[index];
  return (before + seconds * COMPILED * Math.min(1, packages / compiles)) / total;
}

/** State of an installation: percent done, and seconds until its end. */
export interface Remaining {
  percent: number;
  seconds: number;
}

/**
 * Estimates how long an installation will still take. Weighs the items by their measured seconds,
 * and learns the pace of this host from the work done so far.
 */
export class Estimate {
  private readonly weights: Map<string, number>;
  private readonly done = new Map<string, number>();

  /** `started` and every `now` are seconds of one clock. */
  constructor(
    items: { name: string; seconds: number }[],
    private readonly started: number,
  ) {
    this.weights = new Map(items.map(({ name, seconds }) => [name, seconds]));
  }

  /** Records the progress of an item. Ignores items that are not in the plan. */
  record({ name, state, fraction }: Pick<Progress, 'name' | 'state' | 'fraction'>): void {
    if (state === 'done') this.done.set(name, 1);
    else if (fraction !== undefined) this.done.set(name, fraction);
  }

  remaining(now: number): Remaining {
    const all = [...this.weights.entries()];
    const total = all.reduce((sum, [, weight]) => sum + weight, 0);
    const done = all.reduce((sum, [name, weight]) => sum + weight * (this.done.get(name) ?? 0), 0);
    const pace = (now - this.started + PRIOR_SECONDS) / (done + PRIOR_SECONDS);
    return { percent: Math.floor((100 * done) / total), seconds: pace * (total - done) };
  }
}
