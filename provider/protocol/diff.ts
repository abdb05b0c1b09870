import { isDeepStrictEqual } from 'node:util';
import { itemsIf } from '../../util/optional';
import type { Difference, Properties } from './resource-kind';

/**
 * Returns the names of inputs that differ between `olds` (old inputs and state) and `news`. Unknown
 * inputs count as changed.
 */
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

/**
 * Returns the difference for a kind without its own `diff`: every changed input counts. A change
 * replaces the resource if the kind has no `update`.
 */
export function defaultDifference(changed: string[], updatable: boolean): Difference {
  return { changed, replace: itemsIf(!updatable, ...changed) };
}
