import { balancedServices } from '../../components/balanced-services';
import type { LabConfig } from '../../components/config';
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
  const machines = new Map<string, number>();
  for (const node of nodes) {
    const type = node.role === 'controller' ? config.controllerType : config.workerType;
    machines.set(type, (machines.get(type) ?? 0) + 1);
  }
  const small = config.profile === 'small';
  const services = balancedServices(config.loadBalancers);
  // AWS has a balancer for each service, Google Cloud a forwarding rule for each port.
  const ports = services.flatMap((service) => service.ports);
  const ofServices = config.cloud === 'gcp' ? ports.length : services.length;
  const ofMachines = nodes.filter((node) => node.isPublic).length;
  return {
    machines,
    // With profile small, the API uses the address of the public instance.
    publicAddresses: (small ? ofMachines : ofMachines + 1) + services.length,
    reservedAddresses: (config.cloud === 'gcp' && small ? 0 : 1) + services.length,
    networks: 1,
    loadBalancers: (small ? 0 : 1) + ofServices,
    diskGib: DISK_GIB,
  };
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
