import { type BalancedService, balancedServices } from '../../components/balanced-services';
import type { CloudName, LabConfig } from '../../components/config';
import { DISK_GIB } from '../../components/instance-disk';
import { topology } from '../../components/topology';

/** Needs of a lab in an account. */
export interface Needs {
  /** Number of instances by type. */
  machines: Map<string, number>;
  /** Public addresses: of instances, of the API and of services. */
  publicAddresses: number;
  /** Those of them that are reserved, which have their own quota: not the instances'. */
  reservedAddresses: number;
  networks: number;
  loadBalancers: number;
  /** Size of an instance's disk in GiB. */
  diskGib: number;
}

/** Computes the needs of a lab with this config. */
export function needsOf(config: LabConfig): Needs {
  const { nodes } = topology(config);
  const types = { controller: config.controllerType, worker: config.workerType };
  const machines = new Map<string, number>();
  for (const { role } of nodes) machines.set(types[role], (machines.get(types[role]) ?? 0) + 1);
  const small = config.profile === 'small';
  const services = balancedServices(config.loadBalancers);
  // With profile small, the API uses the address of the public instance.
  const ofApi = small ? 0 : 1;
  const reservedOfApi = config.cloud === 'gcp' ? ofApi : 1;
  return {
    machines,
    publicAddresses: nodes.filter((node) => node.isPublic).length + ofApi + services.length,
    reservedAddresses: reservedOfApi + services.length,
    networks: 1,
    loadBalancers: ofApi + balancersOf(config.cloud, services),
    diskGib: DISK_GIB,
  };
}

/** Counts balancers: AWS has one for each service, Google Cloud a forwarding rule for each port. */
function balancersOf(cloud: CloudName, services: BalancedService[]): number {
  if (cloud === 'gcp') return services.flatMap(({ ports }) => ports).length;
  return services.length;
}

/** Adds up the needs of several labs. Throws without any. */
export function sumOf(needs: Needs[]): Needs {
  return needs.reduce((sum, one) => ({
    machines: [...one.machines].reduce(
      (all, [type, count]) => all.set(type, (all.get(type) ?? 0) + count),
      new Map(sum.machines),
    ),
    publicAddresses: sum.publicAddresses + one.publicAddresses,
    reservedAddresses: sum.reservedAddresses + one.reservedAddresses,
    networks: sum.networks + one.networks,
    loadBalancers: sum.loadBalancers + one.loadBalancers,
    diskGib: one.diskGib,
  }));
}

/** Returns the number of processors of all instances. `byType` is the number for each type. */
export const processorsOf = ({ machines }: Needs, byType: Map<string, number>): number =>
  [...machines].reduce((sum, [type, count]) => sum + count * (byType.get(type) ?? 0), 0);
