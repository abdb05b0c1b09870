import { itemsIf } from '../../../util/optional';
import { changedInputs } from '../../protocol/diff';
import type { Difference, Properties } from '../../protocol/resource-kind';

/**
 * State of a resource that `read` compares with the host. `trouble` describes the drift; '' if
 * there is none. The next update repairs drift.
 */
export interface Drifting {
  trouble: string;
}

/**
 * Returns the difference of a kind with an `update` that repairs drift. `updatable` returns whether
 * an input can be changed in place.
 */
export function driftDifference(
  olds: Properties,
  news: Properties,
  unknown: Set<string>,
  updatable: (input: string) => boolean,
): Difference {
  const changed = changedInputs(olds, news, news, unknown);
  return {
    changed: [...changed, ...itemsIf(olds.trouble, 'trouble')],
    replace: changed.filter((input) => !updatable(input)),
  };
}
