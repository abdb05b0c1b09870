import { Route } from '@pulumi/gcp/compute/route';
import type * as pulumi from '@pulumi/pulumi';
import type { Part } from '../cloud';
import { privateTag } from './firewall';
import type { GcpBuilt, GcpContext, GcpMachine } from './types';

type EarlierParts = Pick<GcpBuilt, 'network' | 'machines'>;

/** Lower than 1000, the priority of the route to the internet that the VPC comes with. */
const BEFORE_THE_INTERNET = 900;

/**
 * Routes each worker's pod CIDRs to that worker, and private nodes' packets to the gateway node.
 * No login waits for the pod routes, because the provider creates them one at a time.
 */
export function makeRoutes(context: GcpContext, built: EarlierParts): Part {
  makePodRoutes(context, built);
  return { reachable: makeWayOut(context, built) };
}

function makePodRoutes(
  { lab, topology, options }: GcpContext,
  { network, machines }: EarlierParts,
): void {
  for (const { name, destination, nextHop } of [
    ...topology.routes,
    ...(topology.ipv6?.routes ?? []),
  ]) {
    new Route(
      name,
      {
        name: `${lab}-${name}`,
        description: `Pods of ${nextHop}`,
        network: network.vpc.id,
        destRange: destination,
        ...nextHopOf(machines.find((machine) => machine.name === nextHop)!),
      },
      options,
    );
  }
}

/** Default route of nodes without a public address: the gateway node. Empty if all nodes are public. */
function makeWayOut({ lab, options }: GcpContext, { network, machines }: EarlierParts): Route[] {
  return machines
    .filter((machine) => machine.isGateway)
    .map(
      (gateway) =>
        new Route(
          'way-out',
          {
            name: `${lab}-way-out`,
            description: `What has no public address reaches the world by ${gateway.name}`,
            network: network.vpc.id,
            destRange: '0.0.0.0/0',
            priority: BEFORE_THE_INTERNET,
            tags: [privateTag(lab)],
            ...nextHopOf(gateway),
          },
          options,
        ),
    );
}

const nextHopOf = ({
  resource,
}: GcpMachine): {
  nextHopInstance: pulumi.Output<string>;
  nextHopInstanceZone: pulumi.Output<string>;
} => ({
  nextHopInstance: resource.name,
  nextHopInstanceZone: resource.zone,
});
