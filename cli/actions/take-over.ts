import { sweep } from '../../provider/local';
import { holdLabLock } from '../lab/lock';
import type { LabRef } from '../lab/name';
import { ownerElsewhere } from '../lab/ownership';
import type { Progress } from '../ui/progress';

/** Deletes a lab of another state from the host, so that its name is free for this state. */
export const takeOver = (lab: LabRef, progress: Progress): Promise<void> =>
  holdLabLock(lab, 'take-over', async () => {
    const owner = ownerElsewhere(lab);
    if (!owner) return;
    const step = progress.begin(`Deleting lab ${lab.stack} of ${owner.user}`);
    await sweep(lab.stack);
    step.done();
  });
