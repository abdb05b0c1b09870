import { Route } from '../../provider/resources';
import type { Part } from '../cloud';
import type { LocalBuilt, LocalContext } from './types';

/**
 * Routes each worker's pod CIDR to that worker. No login waits for these routes. They are deleted
 * with their VPC. If a killed `down` leaves one, the next create replaces it.
 */
export function makeRoutes(
  { lab, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): Part {
  for (const { name, destination, nextHopIp } of topology.routes) {
    new Route(
      name,
      { lab, network: vpc.generation, destination, nextHopIp },
      { ...options, dependsOn: vpc, deletedWith: vpc },
    );
  }
  return { reachable: [] };
}
