import { changedInputs } from '../../protocol/diff';
import type { Difference, Properties } from '../../protocol/resource-kind';

/** What `read` found to be otherwise than it was made, in words for people; '' when nothing is. An update mends it. */
export interface Troubled {
  trouble: string;
}

/** The difference of a kind whose trouble an update mends; of its inputs, `updatable` says which it can change in place. */
export function troubledDifference(
  olds: Properties,
  news: Properties,
  unknown: Set<string>,
  updatable: (input: string) => boolean,
): Difference {
  const changed = changedInputs(olds, news, news, unknown);
  return {
    changed: olds.trouble ? [...changed, 'trouble'] : changed,
    replace: changed.filter((input) => !updatable(input)),
  };
}
