import { Route } from '../../provider/resources';
import type { Part } from '../cloud';
import type { LocalBuilt, LocalContext } from './types';

/**
 * Routes each worker's pod CIDRs to that worker. No login waits for these routes. They are deleted
 * with their VPC. If a killed `down` leaves one, the next create replaces it.
 */
export function makeRoutes(
  { lab, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): Part {
  const { routes, ipv6 } = topology;
  for (const { name, destination, nextHopIp } of [...routes, ...(ipv6?.routes ?? [])]) {
    new Route(
      name,
      // A local plan has every address.
      { lab, network: vpc.generation, destination, nextHopIp: nextHopIp! },
      { ...options, dependsOn: vpc, deletedWith: vpc },
    );
  }
  return { reachable: [] };
}
