import { Route } from '@pulumi/gcp/compute/route';
import * as pulumi from '@pulumi/pulumi';
import type { Topology } from '../topology';
import { privateTag } from './firewall';
import type { GcpMachine } from './instances';
import type { Vpc } from './network';
import type { Options } from './credentials';

/** Lower than 1000, the priority of the route to the internet that the VPC comes with. */
const BEFORE_THE_INTERNET = 900;

/** Routes each worker's pod CIDR to that worker. */
export function makeRoutes(
  lab: string,
  topology: Topology,
  vpc: Vpc,
  machines: GcpMachine[],
  options: Options,
): void {
  for (const { name, destination, nextHop } of topology.routes) {
    new Route(
      name,
      {
        name: `${lab}-${name}`,
        description: `Pods of ${nextHop}`,
        network: vpc.network.id,
        destRange: destination,
        ...by(machines.find((machine) => machine.name === nextHop)!),
      },
      options,
    );
  }
}

/** What machines without a public address take to the world: the gateway node. None where all have their own. */
export function makeWayOut(
  lab: string,
  { network }: Vpc,
  machines: GcpMachine[],
  options: Options,
): Route[] {
  return machines
    .filter((machine) => machine.isGateway)
    .map(
      (gateway) =>
        new Route(
          'way-out',
          {
            name: `${lab}-way-out`,
            description: `What has no public address reaches the world by ${gateway.name}`,
            network: network.id,
            destRange: '0.0.0.0/0',
            priority: BEFORE_THE_INTERNET,
            tags: [privateTag(lab)],
            ...by(gateway),
          },
          options,
        ),
    );
}

const by = ({
  resource,
}: GcpMachine): {
  nextHopInstance: pulumi.Output<string>;
  nextHopInstanceZone: pulumi.Output<string>;
} => ({
  nextHopInstance: resource.name,
  nextHopInstanceZone: resource.zone,
});
