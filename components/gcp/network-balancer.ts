import { ForwardingRule } from '@pulumi/gcp/compute/forwardingRule';
import type { InstanceGroup } from '@pulumi/gcp/compute/instanceGroup';
import { RegionBackendService } from '@pulumi/gcp/compute/regionBackendService';
import {
  RegionHealthCheck,
  type RegionHealthCheckArgs,
} from '@pulumi/gcp/compute/regionHealthCheck';
import type * as pulumi from '@pulumi/pulumi';
import type { GcpContext } from './types';

/** Parts in which the load balancer of the API and those of services differ. */
export interface NetworkBalancer {
  /** Name of the resources in the stack, for example `api`. */
  resource: string;
  /** Name at Google, for example `gcp-s01-api`. */
  name: string;
  description: { check: string; backend: string };
  /** Request that a healthy machine answers with 200. */
  asks: Pick<RegionHealthCheckArgs, 'httpHealthCheck' | 'httpsHealthCheck'>;
  group: InstanceGroup;
}

/** Creates the health check and the backend of an external passthrough Network Load Balancer. */
export function makeBackend(
  { resource, name, description, asks, group }: NetworkBalancer,
  options: GcpContext['options'],
): RegionBackendService {
  const check = new RegionHealthCheck(
    resource,
    {
      name,
      description: description.check,
      ...asks,
      checkIntervalSec: 5,
      timeoutSec: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    options,
  );
  return new RegionBackendService(
    resource,
    {
      name,
      description: description.backend,
      loadBalancingScheme: 'EXTERNAL',
      protocol: 'TCP',
      healthChecks: check.selfLink,
      // The provider's default, UTILIZATION, is not for passthrough load balancers.
      backends: [{ group: group.selfLink, balancingMode: 'CONNECTION' }],
      // A machine that leaves the group is about to be deleted: its connections end in any case.
      connectionDrainingTimeoutSec: 0,
    },
    options,
  );
}

/** Forwards a port of an address to a backend. */
export function makeForwarding(
  resource: string,
  {
    backend,
    port,
    ...rule
  }: {
    name: string;
    description: string;
    ipAddress: pulumi.Output<string>;
    port: number;
    backend: RegionBackendService;
  },
  options: GcpContext['options'],
): ForwardingRule {
  return new ForwardingRule(
    resource,
    {
      ...rule,
      loadBalancingScheme: 'EXTERNAL',
      ipProtocol: 'TCP',
      portRange: String(port),
      backendService: backend.selfLink,
    },
    options,
  );
}
