import { isDeepStrictEqual } from 'node:util';
import { localKinds } from '../../provider/local';
import type { Engine, Remembered, Snapshot } from '../engine';
import type { LabRef } from '../lab/name';
import { listOf } from '../../util/optional';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

/**
 * Returns the drift of one local resource as text; `undefined` if there is none. Reads the resource
 * as a refresh of the engine would, but in this process.
 */
async function differenceOf({ type, id, outputs }: Remembered): Promise<string | undefined> {
  const kind = localKinds[type];
  if (!kind?.read || id === undefined) return undefined;
  const found = await kind.read(id, outputs);
  if (!found) return 'does not exist';
  // The state may hold this text from an `up` that failed.
  if (found.trouble) return String(found.trouble);
  if (isDeepStrictEqual(plain(found), plain(outputs))) return undefined;
  return 'is not as declared';
}

/**
 * Maps each drifted resource (by URN) to a description. Read-only. A local lab is read in this
 * process, in a tenth of the time that the engine needs. For a lab in a cloud, the engine is asked.
 */
export async function driftOf(
  engine: Engine,
  lab: LabRef,
  snapshot: Snapshot,
): Promise<Map<string, string>> {
  if (lab.cloud !== 'local') return engine.drift(lab.stack);
  const found = await Promise.all(
    snapshot.resources.map(
      async (resource) => [resource.urn, await differenceOf(resource)] as const,
    ),
  );
  return new Map(
    found.flatMap(([urn, difference]) => listOf(difference).map((text) => [urn, text] as const)),
  );
}
