import { foreignOwner, foreignText, recordOf, type Owner } from '../../provider/local';
import { type Failure, unable } from '../errors';
import type { LabRef } from './name';

// A local lab belongs to the state that created it (provider/local/shared/lab-owner.ts). Commands
// from another state refuse before they change anything. Only --take-over deletes such a lab.

/**
 * Returns the owner of a local lab of another state; `undefined` if this state may change the lab.
 */
export const ownerElsewhere = ({ stack, cloud }: LabRef): Owner | undefined =>
  cloud === 'local' ? foreignOwner(stack) : undefined;

/** Returns the Failure for a lab of another state: its owner, and what to do. */
export function foreignFailure(lab: LabRef, owner: Owner): Failure {
  const there = owner.backend
    ? `PULUMI_BACKEND_URL=${owner.backend}`
    : `HARDWAY_STATE='${owner.state}'`;
  return unable(
    foreignText(lab.stack, owner),
    `${there} before the command if the lab is yours; else another lab name. ` +
      `./lab down ${lab.stack} --take-over deletes the lab with all work in it`,
  );
}

/** Throws a Failure if the lab belongs to another state. */
export function refuseForeign(lab: LabRef): void {
  const owner = ownerElsewhere(lab);
  if (owner) throw foreignFailure(lab, owner);
}

/** Returns the question before a take-over: the owner, and what is lost. */
export const takeOverQuestion = (lab: LabRef, owner: Owner): string =>
  `${foreignText(lab.stack, owner)} Taking over deletes its nodes, and all work on them is lost. Go on?`;

/** Reports whether the host has a record of the lab's owner. Labs of earlier versions have none. */
export const hasOwner = ({ stack }: LabRef): boolean => recordOf(stack) !== undefined;
