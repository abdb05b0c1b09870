import { claimLab, nodesOf } from '../../provider/local';
import type { Snapshot } from '../engine';
import { unable } from '../errors';
import { labArgument, type LabRef } from '../lab/name';
import { hasOwner } from '../lab/ownership';
import type { Agree } from './confirm-replace';

/**
 * Asks before a local lab is recreated because its state is lost: the keys of its nodes were in the
 * state. Throws a Failure if an earlier version created the lab, without a record of its owner, and
 * this state does not know the lab.
 */
export async function agreeToLostState(
  lab: LabRef,
  snapshot: Snapshot | undefined,
  agree: Agree,
): Promise<void> {
  if (lab.cloud !== 'local' || snapshot || nodesOf(lab.stack).length === 0) return;
  if (!hasOwner(lab))
    throw unable(
      `Lab ${lab.stack} exists on this host, and this state does not know it.`,
      `HARDWAY_STATE=… of the state that made it, or another lab name; ./lab down${labArgument(lab)} deletes it`,
    );
  await agree(
    `Lab ${lab.stack} exists on this host, but its state, with the keys of its nodes, is lost: its nodes are recreated, and all work on them is lost.`,
  );
}

/** Records this state as the owner of a local lab. */
export function claim({ cloud, stack }: LabRef): void {
  if (cloud === 'local') claimLab(stack);
}
