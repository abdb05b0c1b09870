import type * as pulumi from '@pulumi/pulumi';
import { type Network, Route } from '../../provider/resources';
import type { Topology } from '../topology';

/** The VPC router's table: each worker's pod CIDR, by way of that worker. */
export function makeRoutes(
  lab: string,
  topology: Topology,
  network: Network,
  parent: pulumi.Resource,
): Route[] {
  return topology.routes.map(
    (route) =>
      new Route(
        route.name,
        {
          lab,
          network: network.generation,
          destination: route.destination,
          nextHopIp: route.nextHopIp,
        },
        { parent, dependsOn: network, deletedWith: network },
      ),
  );
}
