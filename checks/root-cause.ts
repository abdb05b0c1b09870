import { checks } from './registry';
import type { CheckResult } from './check';

/** Of the failed rows that a failed row stands on those that stand on no other failed one, in the article's order. */
function causes(id: string, failed: Set<string>): string[] {
  const below = (checks.find((check) => check.id === id)?.standsOn ?? []).filter((one) =>
    failed.has(one),
  );
  return below.flatMap((one) => {
    const deeper = causes(one, failed);
    return deeper.length > 0 ? deeper : [one];
  });
}

const inWords = (ids: string[]): string =>
  ids.length === 1 ? `${ids[0]} shows` : `${ids.slice(0, -1).join(', ')} and ${ids.at(-1)} show`;

/** Has each failed row say which other failed rows explain it: a fault below shows in everything above. */
export function pointToCauses(results: CheckResult[]): CheckResult[] {
  const failed = new Map(
    results.filter(({ status }) => status === 'fail').map(({ id, reason }) => [id, reason]),
  );
  return results.map((result) => {
    if (!failed.has(result.id)) return result;
    // Two that failed for one and the same reason: neither is the other's.
    const first = [...new Set(causes(result.id, new Set(failed.keys())))].filter(
      (id) => failed.get(id) !== result.reason,
    );
    return first.length === 0
      ? result
      : { ...result, reason: `first mend what ${inWords(first)}; ${result.reason}` };
  });
}
