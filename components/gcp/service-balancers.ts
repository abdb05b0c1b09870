import { Address } from '@pulumi/gcp/compute/address';
import type { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import type { ServiceAddress } from '../cloud';
import type { BalancedService } from '../balanced-services';
import type { FirewallRule } from '../topology';
import { makeRule } from './firewall';
import { addMembers, makeGroup, PROBES } from './load-balancer';
import { makeBackend, makeForwarding } from './network-balancer';
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
  const backend = makeBackend(
    {
      resource: name,
      name: labelled.name,
      description: { check: labelled.description, backend: labelled.description },
      // kube-proxy answers 503 at the healthCheckNodePort of a node without a pod of the service.
      asks: { httpHealthCheck: { port: healthPort, requestPath: '/healthz' } },
      group,
    },
    options,
  );
  for (const { port } of ports)
    makeForwarding(
      `${name}-${port}`,
      { ...labelled, name: `${lab}-${name}-${port}`, ipAddress: address, port, backend },
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
