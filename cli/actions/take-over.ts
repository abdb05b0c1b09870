import { sweep } from '../../provider/local/workspace/sweep';
import { holdTurn } from '../lab/lock';
import type { Lab } from '../lab/name';
import { ownerElsewhere } from '../lab/ownership';
import type { Progress } from '../ui/progress';

/** Deletes everything that the host has of a lab of another state, so that the name is free for this state. */
export const takeOver = (lab: Lab, progress: Progress): Promise<void> =>
  holdTurn(lab, 'take-over', async () => {
    const owner = ownerElsewhere(lab);
    if (!owner) return;
    const step = progress.begin(`Deleting lab ${lab.stack} of ${owner.user}`);
    await sweep(lab.stack);
    step.done();
  });
