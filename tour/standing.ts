import { chapters } from './chapters';
import type { Progress } from './progress';

/** Where a student stands in the tour. */
export interface Standing {
  chapters: { title: string; done: number; total: number }[];
  /** Step that a page of the student shows; unset if none is open. */
  open?: { chapter: string; title: string };
  /** ISO 8601: when the last step was done; before the first one, when the open step was opened. */
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
  const last = Object.values(steps)
    .map(({ at }) => at)
    .sort()
    .at(-1);
  return {
    chapters: counts,
    ...(chapter && step && { open: { chapter: chapter.title, title: step.title } }),
    since: last ?? open?.since,
    isWhole: counts.every(({ done, total }) => done === total),
  };
}
