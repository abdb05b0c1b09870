import * as resources from '../../provider/resources';
import { addressAt } from '../../util/cidr';
import type { ApiTargets } from '../cloud';
import type { LoadBalancer, LocalBuilt, LocalContext } from './types';

/** Host number of the API's public address in the lab's public /24. */
const HOST = 100;

/** Creates the load balancer by which users reach the API; nodes do not use it. */
export function makeLoadBalancer(
  { lab, config, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
): LoadBalancer {
  const targets = topology.nodes
    .filter((node) => node.role === 'controller')
    .map(({ name, privateIp }) => ({ name, privateIp }));
  const balancer = new resources.LoadBalancer(
    'api',
    {
      lab,
      network: vpc.generation,
      port: topology.apiPort,
      publicIp: vpc.publicCidr.apply((cidr) => addressAt(cidr, HOST)),
      targets,
      sources: config.adminCidrs,
    },
    { ...options, dependsOn: vpc },
  );
  return { address: balancer.publicIp, balancer };
}

/** Creates nothing: the load balancer finds the controllers by their addresses. */
export const makeApiTargets = (): ApiTargets => ({ reachable: [], answering: [] });
