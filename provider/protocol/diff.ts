import { isDeepStrictEqual } from 'node:util';
import type { Difference, Properties } from './resource-kind';

/** Names of the inputs that differ between `olds` (old inputs and state) and `news`; what isn't known yet counts as changed. */
export function changedInputs(
  olds: Properties,
  oldInputs: Properties,
  news: Properties,
  unknown: Set<string>,
): string[] {
  const names = new Set([...Object.keys(news), ...Object.keys(oldInputs), ...unknown]);
  return [...names]
    .filter((name) => unknown.has(name) || !isDeepStrictEqual(olds[name], news[name]))
    .sort();
}

/** What a kind without a diff of its own means: every input counts, and can be changed in place only if the kind has `update`. */
export function defaultDifference(changed: string[], updatable: boolean): Difference {
  return { changed, replace: updatable ? [] : changed };
}
