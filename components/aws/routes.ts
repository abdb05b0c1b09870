import * as ec2 from '@pulumi/aws/ec2';
import { isIpv6 } from '../../util/cidr6';
import type { Part } from '../cloud';
import { once } from './replacement';
import type { AwsBuilt, AwsContext } from './types';

type Destination = Pick<ec2.RouteArgs, 'destinationCidrBlock' | 'destinationIpv6CidrBlock'>;

/** Returns the argument of a route that names its destination. */
function destinationOf(cidr: string): Destination {
  if (isIpv6(cidr)) return { destinationIpv6CidrBlock: cidr };
  return { destinationCidrBlock: cidr };
}

/**
 * Creates the routes of each subnet's table: each worker's pod CIDRs by the network interface of that
 * worker, and in a private subnet the IPv4 default route by the gateway node.
 */
export function makeRoutes(
  { topology, options }: AwsContext,
  { network, machines }: Pick<AwsBuilt, 'network' | 'machines'>,
): Part {
  const interfaceOf = new Map(
    machines.map(({ name, resource }) => [name, resource.primaryNetworkInterfaceId]),
  );
  const gateway = machines.find((machine) => machine.isGateway)?.name;
  const reachable = network.subnets.flatMap(({ plan, table }) => {
    const suffix = network.subnets.length === 1 ? '' : `-${plan.name}`;
    const routes = [...topology.routes, ...(topology.ipv6?.routes ?? [])].map(
      ({ name, destination, nextHop }) => ({
        name: `${name}${suffix}`,
        destination,
        nextHop,
      }),
    );
    if (!plan.isPublic)
      routes.push({
        name: `default-route-${plan.name}`,
        destination: '0.0.0.0/0',
        nextHop: gateway!,
      });
    return routes.map(
      ({ name, destination, nextHop }) =>
        new ec2.Route(
          name,
          {
            routeTableId: table.id,
            ...destinationOf(destination),
            networkInterfaceId: interfaceOf.get(nextHop),
          },
          once(options),
        ),
    );
  });
  return { reachable };
}
