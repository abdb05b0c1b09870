import type * as pulumi from '@pulumi/pulumi';
import type * as resources from '../../provider/resources';
import type { ApiEndpoint, Built, Context, Part } from '../cloud';
import type { Machine } from '../machine';

export interface Network extends Part {
  vpc: resources.Network;
}

export interface LoadBalancer extends ApiEndpoint {
  balancer: resources.LoadBalancer;
}

/** Types of the parts on the host. */
export interface Local {
  options: { parent: pulumi.Resource };
  network: Network;
  firewall: Part;
  loadBalancer: LoadBalancer;
  machine: Machine;
}

export type LocalContext = Context<Local>;
export type LocalBuilt = Built<Local>;
