import * as pulumi from '@pulumi/pulumi';
import { Lab, type LabArgs, planTopology } from 'hardway-lab';

const args: LabArgs = {
  workers: 2,
  controllers: 1,
  nodeCidr: '10.50.0.0/24',
  podCidr: '10.51.0.0/16',
  serviceCidr: '10.52.0.0/24',
  ipMasq: false,
};

// The plan is plain data: a program can read it before the lab exists.
export const podRoutes = planTopology(args).routes.map(
  ({ destination, nextHopIp }) => `${destination} via ${nextHopIp}`,
);

const lab = new Lab(pulumi.getStack(), args);

export const apiServer = lab.outputs.apiServer;
export const kubeconfig = lab.outputs.kubeconfig;
export const sshPrivateKey = lab.outputs.sshPrivateKey;
