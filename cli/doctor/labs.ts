import { anyDamagedState } from '../engine';
import { parseLab, type LabRef } from '../lab/name';
import { foreignFailure, ownerElsewhere } from '../lab/ownership';
import { ok, type Probe, warn } from './finding';

/**
 * Looks for labs that make `up` refuse: a lab of the default name that belongs to another state,
 * and a damaged state. Labs with other names can still be created.
 */
export const labsProbe = (lab: LabRef = parseLab(undefined)): Probe => ({
  id: 'labs',
  title: 'Labs of this host',
  look: () => {
    const owner = ownerElsewhere(lab);
    const refusals = [anyDamagedState(), owner && foreignFailure(lab, owner)].flatMap(
      (one) => one ?? [],
    );
    if (refusals.length === 0) return ok(`none hinders lab ${lab.stack}`);
    return warn(
      refusals.map(({ message }) => message).join(' '),
      refusals.map(({ cure }) => cure).join('; '),
    );
  },
});
