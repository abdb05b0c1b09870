import { checks } from './article';
import type { CheckResult } from './check';

/** Of the failed rows that a failed row stands on those that stand on no other failed one, in the article's order. */
function causes(id: string, failed: Set<string>): string[] {
  const below = (checks.find((check) => check.id === id)?.standsOn ?? []).filter((one) => failed.has(one));
  return below.flatMap((one) => {
    const deeper = causes(one, failed);
    return deeper.length > 0 ? deeper : [one];
  });
}

/** Has each failed row say which other failed rows explain it: a fault below shows in everything above. */
export function pointToCauses(results: CheckResult[]): CheckResult[] {
  const failed = new Set(results.filter(({ status }) => status === 'fail').map(({ id }) => id));
  return results.map((result) => {
    const first = failed.has(result.id) ? [...new Set(causes(result.id, failed))] : [];
    return first.length === 0 ? result : { ...result, reason: `first mend what ${first.join(' and ')} shows; ${result.reason}` };
  });
}
