import { createAccess, type Access } from '../../checks';
import { plural } from '../../util/plural';
import { nearest } from '../../util/suggest';
import type { LabOutputs } from '../../components/outputs';
import type { Engine, Snapshot } from '../engine';
import { blackholePool, restoreUnderWay } from '../../provider/local';
import { type Failure, unable, usage } from '../errors';
import { type LabFiles, labsWithFiles, writeLabFiles } from './files';
import { labArgument, type LabRef } from './name';
import { foreignFailure, ownerElsewhere } from './ownership';

/** Returns the Failure of an action that labs in clouds do not have. `what`: such as `drills`. */
export const onlyLocal = ({ stack, cloud }: LabRef, what: string, cure: string): Failure =>
  usage(`Lab ${stack} is on ${cloud.toUpperCase()}; ${what} are for local labs.`, cure);

/** A lab that is up. */
export interface UpLab {
  outputs: LabOutputs;
  files: LabFiles;
}

/**
 * Returns the lab of a state and writes its files; `undefined` if the lab is not up. Throws a
 * Failure if the state's outputs can't be read. Adds the blackhole route of a local lab's public
 * pool first: after a reboot of the host, packets for the lab would leave by the default route.
 */
export async function upLab(
  lab: LabRef,
  { outputs, unreadable }: Pick<Snapshot, 'outputs' | 'unreadable'> = {},
): Promise<UpLab | undefined> {
  if (unreadable) throw unreadable;
  if (outputs && lab.cloud === 'local') {
    refuseUnfinishedRestore(lab);
    await blackholePool(outputs.publicPool).catch((error: Error) => {
      throw unable(
        error.message,
        `./lab down${labArgument(lab)}, then ./lab up${labArgument(lab)} --set publicPool=CIDR`,
      );
    });
  }
  return outputs && { outputs, files: writeLabFiles(lab.stack, outputs) };
}

/** Throws a Failure while a restore replaces the lab's disks, or if a killed command left one. */
function refuseUnfinishedRestore(lab: LabRef): void {
  const label = restoreUnderWay(lab.stack);
  if (label === undefined) return;
  throw unable(
    `A restore of lab ${lab.stack} to checkpoint ${label} is under way, or was interrupted.`,
    `wait for it; ./lab up${labArgument(lab)} completes an interrupted one`,
  );
}

/** Reads a lab's state and does what `upLab` does. */
export const findLab = async (engine: Engine, lab: LabRef): Promise<UpLab | undefined> =>
  upLab(lab, await engine.snapshot(lab.stack));

/** Returns the command that installs the programs that a lab needs, for a command that lacks them. */
export function installCure(lab: LabRef): string {
  if (lab.cloud === 'local') return `./lab start${labArgument(lab)}`;
  return `./lab setup --cloud ${lab.cloud}, which needs no root`;
}

/**
 * Returns the Failure for a lab that is not up. Names the labs that are up: one of them may be
 * meant.
 */
export function notUp(lab: LabRef): Failure {
  const owner = ownerElsewhere(lab);
  if (owner) return foreignFailure(lab, owner);
  const others = labsWithFiles().filter((name) => name !== lab.stack);
  const up = `./lab up${labArgument(lab)}`;
  if (others.length === 0) return unable(`Lab ${lab.stack} is not up.`, up);
  return unable(
    `Lab ${lab.stack} is not up${nearest(lab.stack, others)}. ${plural(others.length, 'This lab is', 'These labs are')} up: ${others.join(', ')}.`,
    `use the name of a lab that is up, or create this lab: ${up}`,
  );
}

/** Opens connections to a lab. The caller closes them. */
export const openAccess = ({ outputs, files }: UpLab, kubectl: string): Access =>
  createAccess({
    outputs,
    sshKeyFile: files.sshKey,
    knownHostsFile: files.knownHosts,
    kubeconfigFile: files.kubeconfig,
    kubectl,
  });

/** Opens connections to a lab, does `work` and closes them. */
export async function withAccess<T>(
  lab: UpLab,
  kubectl: string,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const access = openAccess(lab, kubectl);
  try {
    return await work(access);
  } finally {
    await access.close();
  }
}
