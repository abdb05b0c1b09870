import * as ec2 from '@pulumi/aws/ec2';
import type { Topology } from '../topology';
import type { AwsMachine } from './instances';
import type { Network } from './network';
import type { Options } from './credentials';
import { once } from './replacement';

/**
 * The VPC router's table: each worker's pod CIDR, by way of that worker's network interface. Where the node network is
 * divided each subnet has a table, and a private one's way out is the gateway node.
 */
export function makeRoutes(
  topology: Topology,
  network: Network,
  machines: AwsMachine[],
  options: Options,
): ec2.Route[] {
  const routes: ec2.Route[] = [];
  for (const { plan, table } of network.subnets) {
    const by = (name: string, destinationCidrBlock: string, machine: AwsMachine): void => {
      const networkInterfaceId = machine.resource.primaryNetworkInterfaceId;
      routes.push(
        new ec2.Route(
          name,
          { routeTableId: table.id, destinationCidrBlock, networkInterfaceId },
          once({ ...options, deletedWith: table }),
        ),
      );
    };
    for (const route of topology.routes) {
      const name = network.subnets.length === 1 ? route.name : `${route.name}-${plan.name}`;
      by(
        name,
        route.destination,
        machines.find((machine) => machine.name === route.nextHop)!,
      );
    }
    if (!plan.isPublic)
      by(
        `default-route-${plan.name}`,
        '0.0.0.0/0',
        machines.find((machine) => machine.isGateway)!,
      );
  }
  return routes;
}
