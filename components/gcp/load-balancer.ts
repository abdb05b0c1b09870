import { Address } from '@pulumi/gcp/compute/address';
import { ForwardingRule } from '@pulumi/gcp/compute/forwardingRule';
import { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import { InstanceGroupMembership } from '@pulumi/gcp/compute/instanceGroupMembership';
import { RegionBackendService } from '@pulumi/gcp/compute/regionBackendService';
import { RegionHealthCheck } from '@pulumi/gcp/compute/regionHealthCheck';
import type * as pulumi from '@pulumi/pulumi';
import type { FirewallRule } from '../topology';
import { makeRule } from './firewall';
import type { GcpMachine } from './instances';
import type { Vpc } from './network';
import type { Options } from './credentials';

/**
 * Source addresses of health-check probes, as Google lists them for external passthrough Network Load Balancers:
 * https://docs.cloud.google.com/load-balancing/docs/firewall-rules
 */
const PROBES = ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'];

/** Reserves the API's public address. Created before all machines, because certificates name it. */
export function makeApiAddress(lab: string, options: Options): pulumi.Output<string> {
  return new Address('api', { name: `${lab}-api`, description: `API of lab ${lab}` }, options)
    .address;
}

interface LoadBalancerArgs {
  lab: string;
  /** For example `us-west1-c`. */
  zone: string;
  apiPort: number;
  vpc: Vpc;
  ipAddress: pulumi.Output<string>;
  machines: GcpMachine[];
}

/**
 * Creates the external passthrough Network Load Balancer in front of the API. Nodes don't use it. Packets arrive with
 * their client's address, so `allow-api` decides who may connect.
 *
 * Only the memberships depend on machines: everything else is created beside them.
 */
export function makeLoadBalancer(args: LoadBalancerArgs, options: Options): pulumi.Resource[] {
  const { lab, apiPort, vpc, ipAddress } = args;
  makeRule(lab, healthCheckRule(apiPort), vpc, options);
  const { group, members } = makeGroup(args, options);
  const name = `${lab}-api`;
  const check = new RegionHealthCheck(
    'api',
    {
      name,
      description: `API servers of lab ${lab}`,
      httpsHealthCheck: { port: apiPort, requestPath: '/healthz' },
      checkIntervalSec: 5,
      timeoutSec: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    options,
  );
  const service = new RegionBackendService(
    'api',
    {
      name,
      description: `Controllers of lab ${lab}`,
      loadBalancingScheme: 'EXTERNAL',
      protocol: 'TCP',
      healthChecks: check.selfLink,
      // The provider's default, UTILIZATION, is not for passthrough load balancers.
      backends: [{ group: group.selfLink, balancingMode: 'CONNECTION' }],
      // A controller that leaves the group is about to be deleted: its connections end in any case.
      connectionDrainingTimeoutSec: 0,
    },
    options,
  );
  const rule = new ForwardingRule(
    'api',
    {
      name,
      description: `API of lab ${lab}`,
      loadBalancingScheme: 'EXTERNAL',
      ipAddress,
      ipProtocol: 'TCP',
      portRange: String(apiPort),
      backendService: service.selfLink,
    },
    options,
  );
  return [rule, ...members];
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
 * Creates the controllers' instance group. Google removes a deleted instance from its groups, so each member is a
 * resource of its own: the engine replaces it together with its machine, and adds the new machine in the same run.
 *
 * A group in use can't be deleted, and its zone can't be changed. In another zone it therefore has another name, and
 * the new group exists before the old one is deleted.
 */
function makeGroup(
  { lab, zone, vpc, machines }: LoadBalancerArgs,
  options: Options,
): { group: InstanceGroup; members: InstanceGroupMembership[] } {
  const group = new InstanceGroup(
    'controllers',
    {
      name: `${lab}-controllers-${zone.slice(-1)}`,
      description: `Controllers of lab ${lab}`,
      network: vpc.network.id,
      zone,
    },
    { ...options, deleteBeforeReplace: false },
  );
  const members = machines
    .filter(({ role }) => role === 'controller')
    .map(
      ({ name, resource }) =>
        new InstanceGroupMembership(
          name,
          { instanceGroup: group.name, instance: resource.selfLink, zone },
          // Memberships end with their group, even if a user has deleted a member by hand.
          { ...options, deletedWith: group },
        ),
    );
  return { group, members };
}
