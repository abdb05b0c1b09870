import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import type { Difference, Properties } from './resource-kind';
import type { Unwrapped } from './values';

/**
 * Converts a kind's difference to the engine's format: each property added, changed or removed, and
 * if that replaces the resource.
 */
export function diffResponse(
  difference: Difference,
  olds: Properties,
  oldInputs: Properties,
  news: Unwrapped,
): rpc.DiffResponse {
  const { DiffChanges } = rpc.DiffResponse;
  const { Kind } = rpc.PropertyDiff;
  const response = new rpc.DiffResponse();
  const replace = new Set(difference.replace);
  const changed = new Set([...difference.changed, ...difference.replace]);
  response.setChanges(changed.size > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
  response.setDiffsList([...changed]);
  response.setReplacesList([...replace]);
  response.setDeletebeforereplace(replace.size > 0 && (difference.deleteBeforeReplace ?? true));
  response.setHasdetaileddiff(true);
  for (const name of changed) {
    const removed = name in oldInputs && !(name in news.values) && !news.unknown.has(name);
    let kinds = { replaced: Kind.UPDATE_REPLACE, kept: Kind.UPDATE };
    if (removed) kinds = { replaced: Kind.DELETE_REPLACE, kept: Kind.DELETE };
    if (!(name in olds)) kinds = { replaced: Kind.ADD_REPLACE, kept: Kind.ADD };
    const detail = new rpc.PropertyDiff();
    detail.setKind(kinds.kept);
    if (replace.has(name)) detail.setKind(kinds.replaced);
    response.getDetaileddiffMap().set(name, detail);
  }
  return response;
}
