import type { ForwardingRule } from '@pulumi/gcp/compute/forwardingRule';
import type { Instance } from '@pulumi/gcp/compute/instance';
import type { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import type { Network as Vpc } from '@pulumi/gcp/compute/network';
import type { Subnetwork } from '@pulumi/gcp/compute/subnetwork';
import type { ApiEndpoint, Built, Context, Part } from '../cloud';
import type { Machine } from '../machine';
import type { Options } from './credentials';

export interface Network extends Part {
  vpc: Vpc;
  /** Subnets by name, for example `nodes`. */
  subnets: Record<string, Subnetwork>;
}

export interface LoadBalancer extends ApiEndpoint {
  /** Unset in profile small, which has no load balancer. */
  balancing?: { group: InstanceGroup; rule: ForwardingRule };
}

export interface GcpMachine extends Machine {
  resource: Instance;
}

/** Types of the parts on Google Cloud. */
export interface Gcp {
  options: Options;
  network: Network;
  firewall: Part;
  loadBalancer: LoadBalancer;
  machine: GcpMachine;
}

export type GcpContext = Context<Gcp>;
export type GcpBuilt = Built<Gcp>;
