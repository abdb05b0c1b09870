import { Address } from '@pulumi/gcp/compute/address';
import { ForwardingRule } from '@pulumi/gcp/compute/forwardingRule';
import type { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import { RegionBackendService } from '@pulumi/gcp/compute/regionBackendService';
import { RegionHealthCheck } from '@pulumi/gcp/compute/regionHealthCheck';
import type { ServiceAddress } from '../cloud';
import type { BalancedService } from '../balanced-services';
import type { FirewallRule } from '../topology';
import { makeRule } from './firewall';
import { addMembers, makeGroup, PROBES } from './load-balancer';
import type { GcpBuilt, GcpContext } from './types';

/**
 * Lists the rules of the VPC's firewall that the balancers need. Packets keep their destination, so
 * they arrive at the service's own port and not at its NodePort. Services may share a port.
 */
function rulesOf(services: BalancedService[], sources: string[]): FirewallRule[] {
  const ports = new Set(services.flatMap((one) => one.ports.map(({ port }) => port)));
  const health = new Set(services.map(({ healthPort }) => healthPort));
  const rule = (name: string, port: number, rest: Pick<FirewallRule, 'description' | 'sources'>) =>
    ({ name, protocol: 'tcp', ports: [port, port], targets: 'worker', ...rest }) as FirewallRule;
  return [
    ...[...ports].map((port) =>
      rule(`allow-service-${port}`, port, {
        description: `Anybody in nodePortCidrs reaches load-balanced services at port ${port}`,
        sources,
      }),
    ),
    ...[...health].map((port) =>
      rule(`allow-health-${port}`, port, {
        description: 'Load balancers of services ask kube-proxy for the health of a worker',
        sources: PROBES,
      }),
    ),
  ].filter((one) => one.sources.length > 0);
}

/** Creates the external passthrough Network Load Balancer of one service. */
function makeServiceBalancer(
  { name, service, ports, healthPort }: BalancedService,
  { lab, options }: GcpContext,
  group: InstanceGroup,
): ServiceAddress {
  const labelled = { name: `${lab}-${name}`, description: `Service ${service} of lab ${lab}` };
  const { address } = new Address(name, labelled, options);
  const check = new RegionHealthCheck(
    name,
    {
      ...labelled,
      // kube-proxy answers 503 at the healthCheckNodePort of a node without a pod of the service.
      httpHealthCheck: { port: healthPort, requestPath: '/healthz' },
      checkIntervalSec: 5,
      timeoutSec: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    options,
  );
  const backend = new RegionBackendService(
    name,
    {
      ...labelled,
      loadBalancingScheme: 'EXTERNAL',
      protocol: 'TCP',
      healthChecks: check.selfLink,
      backends: [{ group: group.selfLink, balancingMode: 'CONNECTION' }],
      connectionDrainingTimeoutSec: 0,
    },
    options,
  );
  for (const { port } of ports)
    new ForwardingRule(
      `${name}-${port}`,
      {
        name: `${lab}-${name}-${port}`,
        description: labelled.description,
        loadBalancingScheme: 'EXTERNAL',
        ipAddress: address,
        ipProtocol: 'TCP',
        portRange: String(port),
        backendService: backend.selfLink,
      },
      options,
    );
  return { service, address };
}

/** Creates the balancers of the services in `loadBalancers`, all in front of one group of workers. */
export function makeServiceBalancers(
  context: GcpContext,
  { network, machines }: Pick<GcpBuilt, 'network' | 'machines'>,
): ServiceAddress[] {
  const services = context.topology.balancedServices ?? [];
  if (services.length === 0) return [];
  for (const rule of rulesOf(services, context.config.nodePortCidrs))
    makeRule(rule, context, { network });
  const group = makeGroup('worker', context, network);
  addMembers('worker', context, { group, machines });
  return services.map((service) => makeServiceBalancer(service, context, group));
}
