import { Network } from '@pulumi/gcp/compute/network';
import { Subnetwork } from '@pulumi/gcp/compute/subnetwork';
import type { Topology } from '../topology';
import type { Options } from './credentials';

/** The VPC, and its subnets by name. */
export interface Vpc {
  network: Network;
  subnetworks: Record<string, Subnetwork>;
}

/** The VPC: nothing in it but what the topology says. Its router, and the route to the internet, come with it. */
export function makeNetwork(lab: string, topology: Topology, options: Options): Vpc {
  const network = new Network(
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
  const subnetworks = topology.subnets.map(({ name, cidr }): [string, Subnetwork] => [
    name,
    new Subnetwork(
      name,
      {
        name: `${lab}-${name}`,
        description: `Subnet ${name} of lab ${lab}`,
        network: network.id,
        ipCidrRange: cidr,
      },
      options,
    ),
  ]);
  return { network, subnetworks: Object.fromEntries(subnetworks) };
}
