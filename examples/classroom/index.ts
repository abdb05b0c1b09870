import * as pulumi from '@pulumi/pulumi';
import { Lab, type LabArgs } from 'hardway-lab';

/** Arguments of all labs: every student gets the same network. */
const COMMON: LabArgs = { controllers: 1, workers: 2, stage: 'cluster' };

/** Students by the name of their stack, with what differs from the common arguments. */
const STUDENTS: Record<string, LabArgs> = {
  'local-ada': {},
  'local-grace': { ipMasq: false },
  'local-linus': { proxyMode: 'nftables' },
};

const stack = pulumi.getStack();
const own = STUDENTS[stack];
if (!own)
  throw new pulumi.RunError(
    `No student has the stack ${stack}: use one of ${Object.keys(STUDENTS).join(', ')}.`,
  );

const lab = new Lab(stack, { ...COMMON, ...own });

export const nodes = lab.outputs.nodes;
export const kubeconfig = lab.outputs.kubeconfig;
export const sshPrivateKey = lab.outputs.sshPrivateKey;
