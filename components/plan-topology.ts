import { configOf, type LabArgs } from './config';
import { topology, type Topology } from './topology';

/**
 * Plans the network of a lab: addresses, subnets, pod routes and firewall rules. Pure: it creates
 * nothing, and equal arguments give equal plans. Throws a ConfigError with all mistakes.
 *
 * @example
 * const { nodes, routes } = planTopology({ workers: 2, podCidr: '10.51.0.0/16' });
 * // routes[1]: { destination: '10.51.1.0/24', nextHop: 'worker-1', nextHopIp: '10.240.0.21', … }
 */
export const planTopology = (args: LabArgs = {}): Topology => topology(configOf(args));
