import { assignAddresses } from './addresses';
import { NODE_PORT, type HealthTarget } from './health';
import type { BalancerNode, Frontend } from './rules';
import { type BalancedService, titleOf } from './services';

/** Facts of the lab that the plan depends on. */
export interface PlanInputs {
  nodes: BalancerNode[];
  /** Addresses for services, lowest first. */
  pool: string[];
  isHealthy(target: HealthTarget): boolean;
}

/** Status that a service must get: an address, or none. */
export interface StatusChange {
  service: BalancedService;
  address?: string;
}

/** Event to record on a service. */
export interface PlannedEvent {
  service: BalancedService;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** Work of one round of the controller. */
export interface Plan {
  frontends: Frontend[];
  targets: HealthTarget[];
  statuses: StatusChange[];
  events: PlannedEvent[];
}

const targetOf = ({ healthPort }: BalancedService, { privateIp }: BalancerNode): HealthTarget => ({
  address: privateIp,
  port: healthPort ?? NODE_PORT,
});

/** Compares the services with their addresses and the health of the nodes. Pure. */
export function planWork(
  services: BalancedService[],
  { nodes, pool, isHealthy }: PlanInputs,
): Plan {
  const { addresses, problems } = assignAddresses(services, pool);
  const served = services.filter(({ uid }) => addresses.has(uid));
  const targets = served.flatMap((service) => nodes.map((node) => targetOf(service, node)));
  return {
    frontends: served.map((service) => ({
      title: titleOf(service),
      address: addresses.get(service.uid)!,
      ports: service.ports,
      sources: service.sources,
      sticky: service.sticky,
      healthy: nodes.filter((node) => isHealthy(targetOf(service, node))).map(({ name }) => name),
    })),
    targets: [...new Map(targets.map((one) => [`${one.address}:${one.port}`, one])).values()],
    statuses: services
      .map((service) => ({ service, address: addresses.get(service.uid) }))
      .filter(({ service, address }) => service.holds !== address),
    events: services.flatMap((service): PlannedEvent[] => {
      const problem = problems.get(service.uid);
      if (problem === undefined) return [];
      return [{ service, type: 'Warning', reason: 'SyncLoadBalancerFailed', message: problem }];
    }),
  };
}
