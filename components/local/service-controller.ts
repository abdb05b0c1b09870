import { ServiceController } from '../../provider/resources';
import { addressAt } from '../../util/cidr';
import type { ServiceAccess } from '../cloud';
import type { LocalBuilt, LocalContext } from './types';

/**
 * Host numbers of the addresses for services in the lab's public /24. Nodes have the numbers below
 * 30, and the API has 100.
 */
export const SERVICE_HOSTS = { first: 30, count: 20 };

/** Returns the addresses for services of type LoadBalancer in a lab's public /24, lowest first. */
export const servicePool = (publicCidr: string): string[] =>
  Array.from({ length: SERVICE_HOSTS.count }, (_, offset) =>
    addressAt(publicCidr, SERVICE_HOSTS.first + offset),
  );

/** Creates the controller that gives services of type LoadBalancer an address. */
export function makeServiceController(
  { lab, config, topology, options }: LocalContext,
  { network: { vpc } }: Pick<LocalBuilt, 'network'>,
  { kubeconfig, ready }: ServiceAccess,
): void {
  new ServiceController(
    'service-controller',
    {
      lab,
      network: vpc.generation,
      kubeconfig,
      pool: vpc.publicCidr.apply(servicePool),
      nodes: topology.nodes
        .filter(({ role }) => role === 'worker')
        .map(({ name, privateIp }) => ({ name, privateIp })),
      sources: config.nodePortCidrs,
      nodeCidr: topology.nodeCidr,
    },
    { ...options, dependsOn: [vpc, ...ready] },
  );
}
