import { type Restored, settleRestore, settleSave, thaw } from '../../provider/local';
import type { LabRef } from '../lab/name';
import type { Progress } from '../ui/progress';

/** Prints the parts of the router that a restore could not set. */
export function sayFailedParts({ label, failed }: Restored, progress: Progress): void {
  for (const line of failed)
    progress.say(`Not restored from checkpoint ${label}, in the router: ${line}`);
}

/**
 * Completes or undoes a save or a restore that a killed command left. The caller holds the lab's
 * lock.
 */
export async function settleCheckpoints(lab: LabRef, progress: Progress): Promise<void> {
  if (lab.cloud !== 'local') return;
  thaw(lab.stack);
  settleSave(lab.stack);
  const restored = await settleRestore(lab.stack);
  if (!restored) return;
  progress.say(
    `Lab ${lab.stack}: the interrupted restore of checkpoint ${restored.label} is complete.`,
  );
  sayFailedParts(restored, progress);
}
