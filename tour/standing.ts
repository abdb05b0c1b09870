import { chapters } from './chapters';
import type { Progress } from './progress';
import { latest } from '../util/latest';
import { fieldsIf } from '../util/optional';

/** Where a student stands in the tour. */
export interface Standing {
  chapters: { title: string; done: number; total: number }[];
  /** Step that a page of the student shows; unset if none is open. */
  open?: { chapter: string; title: string };
  /** ISO 8601: when the last step was done; unset before the first one. */
  last?: string;
  /** ISO 8601: since when the student has got no further: last step done, or page opened. */
  since?: string;
  isWhole: boolean;
}

/** Titles of the chapters, in their order. */
export const chapterTitles = chapters.map(({ title }) => title);

/** Derives a student's standing from the progress. */
export function standingOf({ steps, skipped, open }: Progress): Standing {
  const counts = chapters.map(({ title, steps: all }) => {
    const own = all.filter(({ id }) => !skipped.includes(id));
    return { title, done: own.filter(({ id }) => steps[id]).length, total: own.length };
  });
  const chapter = chapters.find((one) => one.steps.some(({ id }) => id === open?.step));
  const step = chapter?.steps.find(({ id }) => id === open?.step);
  const last = latest(...Object.values(steps).map(({ at }) => at));
  return {
    chapters: counts,
    ...(chapter && step && { open: { chapter: chapter.title, title: step.title } }),
    ...fieldsIf(last, { last }),
    since: latest(last, open?.since),
    isWhole: counts.every(({ done, total }) => done === total),
  };
}
