import type * as pulumi from '@pulumi/pulumi';
import type { SshKey } from '../provider/resources';
import type { Cloud, LabConfig } from './config';
import type { Machine } from './machine';
import type { Topology } from './topology';

/** What every cloud is given to make a lab's network and machines. */
export interface CloudArgs {
  lab: string;
  config: LabConfig;
  topology: Topology;
  /** Lets people, and bootstrap, in as ubuntu. */
  sshKey: SshKey;
  parent: pulumi.Resource;
}

/** What every cloud makes of a topology. */
export interface CloudResult {
  machines: Machine[];
  /** Public address of the API's load balancer. */
  apiAddress: pulumi.Output<string>;
  /** What must be there before anybody can log in to a machine: gateway, routes, rules. */
  reachable: pulumi.Resource[];
  /** URL of the registry that nodes pull from; none: the registries that images name. */
  imageMirror?: pulumi.Output<string>;
  /** Local only: the network namespace that is the VPC router. */
  router?: pulumi.Output<string>;
  /** The machines' disks are not worth waiting for (etcd's fsync). */
  disposable?: boolean;
}

/** The cloud called `cloud`; each is loaded only when it is the one, because a cloud's SDK takes seconds to load. */
export function loadCloud(cloud: Cloud): (args: CloudArgs) => CloudResult {
  switch (cloud) {
    case 'local':
      return (require('./local') as typeof import('./local')).makeLocal;
    default:
      throw new Error(`cloud "${cloud}" is planned and not there yet: "local" is`);
  }
}
