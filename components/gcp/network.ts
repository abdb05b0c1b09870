import { Network as Vpc } from '@pulumi/gcp/compute/network';
import { Subnetwork } from '@pulumi/gcp/compute/subnetwork';
import { fieldsIf } from '../../util/optional';
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
      // Google chooses a /48 in fd20::/20: one of the user's choice must be unused by all projects.
      ...fieldsIf(topology.ipv6, { enableUlaInternalIpv6: true }),
    },
    // A dual-stack subnet does not become an IPv4 subnet again.
    { ...options, replaceOnChanges: ['enableUlaInternalIpv6'] },
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
        ...fieldsIf(topology.ipv6, { stackType: 'IPV4_IPV6', ipv6AccessType: 'INTERNAL' }),
      },
      options,
    ),
  ]);
  return { vpc, subnets: Object.fromEntries(subnets), reachable: [] };
}
