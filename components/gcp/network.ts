import { Network as Vpc } from '@pulumi/gcp/compute/network';
import { Subnetwork } from '@pulumi/gcp/compute/subnetwork';
import type { GcpContext, Network } from './types';

/** Creates the VPC with the topology's subnets. Its router and its route to the internet come with it. */
export function makeNetwork({ lab, topology, options }: GcpContext): Network {
  const vpc = new Vpc(
    'vpc',
    {
      name: lab,
      description: `The VPC of lab ${lab}`,
      autoCreateSubnetworks: false,
      routingMode: 'REGIONAL',
      mtu: topology.mtu,
    },
    options,
  );
  const subnets = topology.subnets.map(({ name, cidr }): [string, Subnetwork] => [
    name,
    new Subnetwork(
      name,
      {
        name: `${lab}-${name}`,
        description: `Subnet ${name} of lab ${lab}`,
        network: vpc.id,
        ipCidrRange: cidr,
      },
      options,
    ),
  ]);
  return { vpc, subnets: Object.fromEntries(subnets), reachable: [] };
}
