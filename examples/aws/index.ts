import * as pulumi from '@pulumi/pulumi';
import { Lab } from 'hardway-lab';

const config = new pulumi.Config();

// One controller, two workers and one public address. It costs money until `pulumi destroy`.
const lab = new Lab(pulumi.getStack(), {
  cloud: 'aws',
  profile: 'small',
  region: config.get('region') ?? 'us-west-2',
  adminCidrs: config.requireObject<string[]>('adminCidrs'),
  expires: '4h',
});

export const nodes = lab.outputs.nodes;
export const apiServer = lab.outputs.apiServer;
export const kubeconfig = lab.outputs.kubeconfig;
