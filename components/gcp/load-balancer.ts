import { Address } from '@pulumi/gcp/compute/address';
import { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import { InstanceGroupMembership } from '@pulumi/gcp/compute/instanceGroupMembership';
import type * as pulumi from '@pulumi/pulumi';
import type { ApiTargets } from '../cloud';
import type { FirewallRule, Node } from '../topology';
import { makeRule } from './firewall';
import { makeBackend, makeForwarding } from './network-balancer';
import type { GcpBuilt, GcpContext, LoadBalancer } from './types';

/**
 * Source addresses of health-check probes, as Google lists them for external passthrough Network Load Balancers:
 * https://docs.cloud.google.com/load-balancing/docs/firewall-rules
 */
export const PROBES = ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'];

/**
 * Reserves the API's public address, and creates the load balancer in profile full.
 * The address exists before any machine, because certificates name it.
 */
export function makeLoadBalancer(
  context: GcpContext,
  { network }: Pick<GcpBuilt, 'network'>,
): LoadBalancer {
  const { lab, config, options } = context;
  const { address } = new Address(
    'api',
    { name: `${lab}-api`, description: `API of lab ${lab}` },
    options,
  );
  if (config.profile === 'small') return { address };
  return { address, balancing: makeBalancer(context, network, address) };
}

/**
 * Creates the external passthrough Network Load Balancer in front of the API. Nodes do not use it.
 * Packets arrive with their client's address, so `allow-api` decides which clients may connect.
 *
 * Only the memberships depend on machines: everything else is created beside the machines.
 */
function makeBalancer(
  context: GcpContext,
  network: GcpBuilt['network'],
  ipAddress: pulumi.Output<string>,
): NonNullable<LoadBalancer['balancing']> {
  const { lab, topology, options } = context;
  const { apiPort } = topology;
  makeRule(healthCheckRule(apiPort), context, { network });
  const group = makeGroup('controller', context, network);
  const name = `${lab}-api`;
  const backend = makeBackend(
    {
      resource: 'api',
      name,
      description: { check: `API servers of lab ${lab}`, backend: `Controllers of lab ${lab}` },
      asks: { httpsHealthCheck: { port: apiPort, requestPath: '/healthz' } },
      group,
    },
    options,
  );
  const rule = makeForwarding(
    'api',
    { name, description: `API of lab ${lab}`, ipAddress, port: apiPort, backend },
    options,
  );
  return { group, rule };
}

const healthCheckRule = (apiPort: number): FirewallRule => ({
  name: 'allow-health-checks',
  description: 'The load balancer asks controllers for their health',
  protocol: 'tcp',
  ports: [apiPort, apiPort],
  sources: PROBES,
  targets: 'controller',
});

/**
 * Creates the instance group of the controllers or workers. A group in use cannot be deleted, and
 * its zone cannot be changed. In another zone it therefore has another name, and the new group
 * exists before the old one is deleted.
 */
export function makeGroup(
  role: Node['role'],
  { lab, config: { zone }, options }: GcpContext,
  network: GcpBuilt['network'],
): InstanceGroup {
  const members = { controller: 'Controllers', worker: 'Workers' }[role];
  return new InstanceGroup(
    `${role}s`,
    {
      name: `${lab}-${role}s-${zone.slice(-1)}`,
      description: `${members} of lab ${lab}`,
      network: network.vpc.id,
      zone,
    },
    { ...options, deleteBeforeReplace: false },
  );
}

/**
 * Adds the controllers or workers to their instance group. Google removes a deleted instance from its groups, so
 * each member is a resource: the engine replaces it together with its machine, in the same run.
 *
 * A member has no `deletedWith`. The engine would drop it from the state without a call, and a
 * destroy that ends before the instance is deleted would leave it. The provider creates a member
 * with `addInstances`, which refuses an existing one (400, memberAlreadyExists:
 * ansible-collections/google.cloud#349), so the next `up` would fail.
 */
export const addMembers = (
  role: Node['role'],
  { config: { zone }, options }: GcpContext,
  { group, machines }: Pick<GcpBuilt, 'machines'> & { group: InstanceGroup },
): InstanceGroupMembership[] =>
  machines
    .filter((machine) => machine.role === role)
    .map(
      ({ name, resource }) =>
        new InstanceGroupMembership(
          name,
          { instanceGroup: group.name, instance: resource.selfLink, zone },
          options,
        ),
    );

/**
 * Adds the controllers to the API's instance group. Profile small needs no targets, because its one
 * controller has the API's address from the start.
 */
export function makeApiTargets(
  context: GcpContext,
  { loadBalancer: { balancing }, machines }: Pick<GcpBuilt, 'loadBalancer' | 'machines'>,
): ApiTargets {
  if (!balancing) return { reachable: [], answering: [] };
  const { group, rule } = balancing;
  const members = addMembers('controller', context, { group, machines });
  return { reachable: [], answering: [rule, ...members] };
}
