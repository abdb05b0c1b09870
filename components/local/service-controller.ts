import { ServiceController } from '../../provider/resources';
import type { ServiceAccess } from '../cloud';
import { servicePool } from './service-pool';
import type { LocalBuilt, LocalContext } from './types';

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
