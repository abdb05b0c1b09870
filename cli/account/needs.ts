import type { LabConfig } from '../../components/config';
import { DISK_GIB } from '../../components/machine';
import { topology } from '../../components/topology';

/** What a lab takes of an account. */
export interface Needs {
  /** How many machines of each type. */
  machines: Map<string, number>;
  /** Addresses in the internet: the machines' and the API's. */
  publicAddresses: number;
  /** Of them those that are reserved, and so counted by themselves: the API's. */
  reservedAddresses: number;
  networks: number;
  loadBalancers: number;
  /** Size of a machine's disk, GiB. */
  diskGib: number;
}

/** What a lab of this config takes. Pure. */
export function needsOf(config: LabConfig): Needs {
  const { nodes } = topology(config);
  const machines = new Map<string, number>();
  for (const node of nodes) {
    const type = node.role === 'controller' ? config.controllerType : config.workerType;
    machines.set(type, (machines.get(type) ?? 0) + 1);
  }
  const small = config.profile === 'small';
  const ofMachines = nodes.filter((node) => node.isPublic).length;
  return {
    machines,
    // In profile small the API's address is the one public machine's.
    publicAddresses: small ? ofMachines : ofMachines + 1,
    reservedAddresses: config.cloud === 'gcp' && small ? 0 : 1,
    networks: 1,
    loadBalancers: small ? 0 : 1,
    diskGib: DISK_GIB,
  };
}

/** What several labs take together. Throws where there are none. */
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

/** How many processors all machines have together, by what each type has. */
export const processorsOf = ({ machines }: Needs, byType: Map<string, number>): number =>
  [...machines].reduce((sum, [type, count]) => sum + count * (byType.get(type) ?? 0), 0);
