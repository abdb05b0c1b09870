import { createAccess, type Access } from '../checks';
import type { LabOutputs } from '../components/outputs';
import type { Engine } from './engine';
import { unable } from './failure';
import { type LabFiles, writeLabFiles } from './lab-files';
import { DEFAULT_LAB, type Lab } from './names';
import type { Snapshot } from './snapshot';

/** How to call this lab on a command line: nothing for the default one. */
export const labArgument = (lab: Lab): string => (lab.stack === DEFAULT_LAB ? '' : ` ${lab.stack}`);

/** A lab that is up. */
export interface UpLab {
  outputs: LabOutputs;
  files: LabFiles;
}

/** The lab that a state tells of, its files written anew; undefined where it is not up. Throws a Failure where its outputs can't be read. */
export function upLab(lab: Lab, { outputs, unreadable }: Pick<Snapshot, 'outputs' | 'unreadable'> = {}): UpLab | undefined {
  if (unreadable) throw unreadable;
  return outputs && { outputs, files: writeLabFiles(lab.stack, outputs) };
}

/** The same, read from the engine's state. */
export const findLab = async (engine: Engine, lab: Lab): Promise<UpLab | undefined> => upLab(lab, await engine.snapshot(lab.stack));

export const notUp = (lab: Lab): Error => unable(`Lab ${lab.stack} is not up.`, `./lab up${labArgument(lab)}`);

/** Ways in to a lab for the time of `work`. */
export async function withAccess<T>({ outputs, files }: UpLab, kubectl: string, work: (access: Access) => Promise<T>): Promise<T> {
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
