import { foreignOwner, foreignText, recordOf } from '../../provider/local/shared/lab-register';
import type { Owner } from '../../provider/local/shared/lab-owner';
import { type Failure, unable } from '../errors';
import type { Lab } from './name';

// A local lab belongs to the state that made it (provider/local/shared/lab-owner.ts). Commands from another state refuse
// before they change anything; only --take-over of up and down deletes such a lab.

/** Owner of a local lab that belongs to another state; `undefined` if this state may change the lab. */
export const ownerElsewhere = ({ stack, cloud }: Lab): Owner | undefined =>
  cloud === 'local' ? foreignOwner(stack) : undefined;

/** The Failure for a lab that belongs to another state: its owner, and what to do. */
export function foreignFailure(lab: Lab, owner: Owner): Failure {
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
export function refuseForeign(lab: Lab): void {
  const owner = ownerElsewhere(lab);
  if (owner) throw foreignFailure(lab, owner);
}

/** Question before a take-over: the owner, and what is lost. */
export const takeOverQuestion = (lab: Lab, owner: Owner): string =>
  `${foreignText(lab.stack, owner)} Taking over deletes its nodes, and all work on them is lost. Go on?`;

/** Whether the host has a record of the lab's owner. Labs of earlier versions have none. */
export const hasOwner = ({ stack }: Lab): boolean => recordOf(stack) !== undefined;
