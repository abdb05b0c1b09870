import { createAccess, type Access } from '../../checks';
import { nearest } from '../../util/suggest';
import type { LabOutputs } from '../../components/outputs';
import type { Engine } from '../engine';
import { blackholePool } from '../../provider/local/shared/address-pool';
import { type Failure, unable } from '../errors';
import { type LabFiles, labsWithFiles, writeLabFiles } from './files';
import { labArgument, type Lab } from './name';
import { foreignFailure, ownerElsewhere } from './ownership';
import type { Snapshot } from '../engine/snapshot';

/** A lab that is up. */
export interface UpLab {
  outputs: LabOutputs;
  files: LabFiles;
}

/**
 * The lab that a state tells of, its files written anew; undefined where it is not up. Throws a Failure where its outputs
 * can't be read. Before anybody connects to it, its pool is closed: after a reboot of this machine nothing else would keep
 * what is meant for the lab from leaving by the default route.
 */
export async function upLab(
  lab: Lab,
  { outputs, unreadable }: Pick<Snapshot, 'outputs' | 'unreadable'> = {},
): Promise<UpLab | undefined> {
  if (unreadable) throw unreadable;
  if (outputs && lab.cloud === 'local') {
    await blackholePool(outputs.publicPool).catch((error: Error) => {
      throw unable(
        error.message,
        `./lab down${labArgument(lab)}, then ./lab up${labArgument(lab)} --set publicPool=…`,
      );
    });
  }
  return outputs && { outputs, files: writeLabFiles(lab.stack, outputs) };
}

/** The same, read from the engine's state. */
export const findLab = async (engine: Engine, lab: Lab): Promise<UpLab | undefined> =>
  upLab(lab, await engine.snapshot(lab.stack));

/** That a lab is not up; where others are, one of them may have been meant. */
export function notUp(lab: Lab): Failure {
  const owner = ownerElsewhere(lab);
  if (owner) return foreignFailure(lab, owner);
  const others = labsWithFiles().filter((name) => name !== lab.stack);
  const up = `./lab up${labArgument(lab)}`;
  if (others.length === 0) return unable(`Lab ${lab.stack} is not up.`, up);
  return unable(
    `Lab ${lab.stack} is not up${nearest(lab.stack, others)}; there ${others.length === 1 ? 'is' : 'are'} ${others.join(', ')}.`,
    `the name of one that is up, or ${up} makes this one`,
  );
}

/** Ways in to a lab for the time of `work`. */
export async function withAccess<T>(
  { outputs, files }: UpLab,
  kubectl: string,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const access = createAccess({
    outputs,
    sshKeyFile: files.sshKey,
    knownHostsFile: files.knownHosts,
    kubeconfigFile: files.kubeconfig,
    kubectl,
  });
  try {
    return await work(access);
  } finally {
    await access.close();
  }
}
