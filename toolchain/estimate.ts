import { sum } from '../util/sum';
import type { Release, UpstreamProject } from './program';
import type { Progress } from './progress';

/**
 * Exponent that fits a measured build. Go compiles small packages first, so half of the packages
 * are less than half of the work.
 */
const LATER_PACKAGES = 1.2;

/**
 * Returns the part of a project that is built, from 0 to 1: the builds before `index`, and
 * `packages` compiled packages of that build. Weighs the builds by their measured seconds.
 */
export function builtFraction(project: UpstreamProject, index: number, packages: number): number {
  const total = sum(project.builds.map((build) => build.seconds));
  const before = sum(project.builds.slice(0, index).map((build) => build.seconds));
  const { seconds, compiles } = project.builds[index];
  return (before + seconds * Math.min(1, packages / compiles) ** LATER_PACKAGES) / total;
}

/**
 * Returns the part of a project that has arrived, from 0 to 1. `arrived`: the part of each release.
 * Weighs the releases by their size.
 */
export function arrivedFraction(
  { releases }: UpstreamProject,
  arrived: Map<Release, number>,
): number {
  const total = sum(releases.map(({ megabytes }) => megabytes));
  return sum(releases.map((one) => one.megabytes * (arrived.get(one) ?? 0))) / total;
}

/** Kinds of work. Downloads share the link, builds share the cores; other work runs beside them. */
const WORK = ['download', 'build', 'other'] as const;
export type Work = (typeof WORK)[number];

/**
 * Seconds until the pace seen so far is used alone. Before, the rest of these seconds counts as
 * work at the expected pace.
 */
const GUESSED_SECONDS = { download: 20, build: 120 };

/** Largest fraction of an item that is not done. */
const NEARLY_DONE = 0.999;

/** Part of an installation. */
export interface Part {
  /** Name, as in the progress that `ensure` reports. */
  name: string;
  /** Estimated seconds on a host with two cores, an empty cache and a link of 100 Mbit/s. */
  seconds: Partial<Record<Work, number>>;
}

/** State of an installation: percent done, and seconds until its end. */
export interface Remaining {
  percent: number;
  seconds: number;
}

/**
 * Estimates how long an installation will still take. Downloads share the link, and builds share
 * the cores. Both run at the same time, so the slower of the two decides. Each learns its pace
 * from the work done so far.
 */
export class Estimate {
  private readonly done = new Map<string, number>();
  /**
   * Time of the first progress of each kind of work. Before it, builds download their modules.
   */
  private readonly begun = new Map<Work, number>();

  /** `started` and every `now` are seconds of one clock. */
  constructor(
    private readonly parts: Part[],
    private readonly started: number,
  ) {}

  /** Records the progress of a part. Ignores parts that are not in the plan. */
  record(
    { name, state, fraction = 0 }: Pick<Progress, 'name' | 'state' | 'fraction'>,
    now: number,
  ): void {
    const part = this.parts.find((one) => one.name === name);
    if (!part) return;
    if (state === 'done') this.done.set(name, 1);
    else if (fraction > 0) this.done.set(name, Math.min(NEARLY_DONE, fraction));
    else return;
    for (const work of WORK)
      if (part.seconds[work] && !this.begun.has(work)) this.begun.set(work, now);
  }

  remaining(now: number): Remaining {
    const seconds = Math.max(...WORK.map((work) => this.secondsOf(work, now)));
    const elapsed = now - this.started;
    const percent = Math.floor((100 * elapsed) / (elapsed + seconds));
    return { percent: Math.min(99, percent), seconds };
  }

  /**
   * Returns the seconds until all work of one kind is done. A fraction is that of a download or a
   * build: other work counts as a whole.
   */
  private secondsOf(work: Work, now: number): number {
    const parts = this.parts.map(({ name, seconds }) => ({
      seconds: seconds[work] ?? 0,
      done: this.done.get(name) ?? 0,
    }));
    if (work === 'other') return sum(parts.map(({ seconds, done }) => (done < 1 ? seconds : 0)));
    const done = sum(parts.map((part) => part.seconds * part.done));
    const left = sum(parts.map((part) => part.seconds * (1 - part.done)));
    const begun = this.begun.get(work);
    if (begun === undefined) return left;
    const elapsed = now - begun;
    const guessed = Math.max(0, GUESSED_SECONDS[work] - elapsed);
    return (left * (elapsed + guessed)) / (done + guessed);
  }
}
