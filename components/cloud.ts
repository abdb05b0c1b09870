import type * as pulumi from '@pulumi/pulumi';
import type { SshKey } from '../provider/resources';
import type { Download } from './bootstrap';
import type { LabConfig } from './config';
import type { Machine } from './machine';
import type { JumpLogin } from './outputs';
import type { Topology } from './topology';

/** What every cloud is given to make a lab's network and machines. */
export interface CloudArgs {
  lab: string;
  config: LabConfig;
  topology: Topology;
  /** Lets people, and bootstrap, in as ubuntu. */
  sshKey: SshKey;
  /** Clouds put them on everything that they make. */
  tags: Tags;
  parent: pulumi.Resource;
}

/** Owner and expiry of a lab's resources. Leftovers are found by them. */
export interface Tags {
  /** The lab's name. Key on a cloud: `hardway-lab`. */
  lab: string;
  /** Random id of this lab's state, such as `0a1b2c3d`. Key on a cloud: `hardway-state`. */
  state: pulumi.Input<string>;
  student: string;
  /** UTC, such as `2026-12-01T18:00Z`; empty: never. Fixed at the lab's first `up`. */
  expires: pulumi.Input<string>;
}

/** The user's to mend, and told without a stack trace: no credentials, say. */
export class CloudError extends Error {}

/** What every cloud makes of a topology. */
export interface CloudResult {
  machines: Machine[];
  /** Public address where people reach the API: the load balancer's, or the one public controller's. */
  apiAddress: pulumi.Output<string>;
  /** What must be there before anybody can log in to a machine: gateway, routes, rules. */
  reachable: pulumi.Resource[];
  /** Resources that make the API answer at `apiAddress` beside the controllers: the load balancer's. */
  balancer?: pulumi.Resource[];
  /** URL of the registry that nodes pull from; none: the registries that images name. */
  imageMirror?: pulumi.Output<string>;
  /** Where the nodes' programs come from, where the machines aren't given them. */
  downloads?: Download[];
  /** Who answers names outside the cluster; none where nodes have no way out. */
  upstreamResolvers?: string[];
  /** Rule of chain FORWARD that keeps pods from the metadata server; unset if the cloud itself does. */
  metadataWall?: string;
  /** Local only: the network namespace that is the VPC router. */
  router?: pulumi.Output<string>;
  /** Local only: the lab's jump host, where there is one. */
  jump?: pulumi.Output<JumpLogin>;
  /** The machines' disks are not worth waiting for (etcd's fsync). */
  disposable?: boolean;
}

/**
 * The cloud that a config names; each is loaded only when it is the one, because a cloud's SDK takes seconds to load.
 * Throws a CloudError where nothing here could be credentials for it, or says in which project.
 */
export function loadCloud(config: LabConfig): (args: CloudArgs) => CloudResult {
  switch (config.cloud) {
    case 'local':
      return (require('./local') as typeof import('./local')).makeLocal;
    case 'aws': {
      const { makeAws, requireCredentials } = require('./aws') as typeof import('./aws');
      requireCredentials();
      return makeAws;
    }
    case 'gcp': {
      const { makeGcp, projectOf, requireCredentials } = require('./gcp') as typeof import('./gcp');
      requireCredentials();
      projectOf(config);
      return makeGcp;
    }
  }
}
