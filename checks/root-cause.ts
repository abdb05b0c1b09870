import { allChecks } from './registry';
import type { CheckResult } from './check';
import { joinNames } from '../util/join-names';

/** Returns the root causes of a failed check: failed checks it depends on that have no failed dependency themselves. */
function causes(id: string, failed: Set<string>): string[] {
  const dependencies = allChecks.find((check) => check.id === id)?.dependsOn ?? [];
  return dependencies
    .filter((dependency) => failed.has(dependency))
    .flatMap((dependency) => {
      const deeper = causes(dependency, failed);
      if (deeper.length > 0) return deeper;
      return [dependency];
    });
}

function formatCauses(ids: string[]): string {
  if (ids.length === 1) return `${ids[0]} shows`;
  return `${joinNames(ids)} show`;
}

/** Adds the root causes to the reason of each failed check, because one fault fails every check that depends on it. */
export function pointToCauses(results: CheckResult[]): CheckResult[] {
  const failed = new Map(
    results.filter(({ status }) => status === 'fail').map(({ id, reason }) => [id, reason]),
  );
  return results.map((result) => {
    if (!failed.has(result.id)) return result;
    // Of two checks that failed for the same reason, neither is the cause of the other.
    const roots = [...new Set(causes(result.id, new Set(failed.keys())))].filter(
      (id) => failed.get(id) !== result.reason,
    );
    if (roots.length === 0) return result;
    return { ...result, reason: `first repair what ${formatCauses(roots)}; ${result.reason}` };
  });
}
