import { Address } from '@pulumi/gcp/compute/address';
import { ForwardingRule } from '@pulumi/gcp/compute/forwardingRule';
import { HttpHealthCheck } from '@pulumi/gcp/compute/httpHealthCheck';
import { TargetPool } from '@pulumi/gcp/compute/targetPool';
import * as pulumi from '@pulumi/pulumi';
import type { FirewallRule, Topology } from '../topology';
import { makeRule } from './firewall';
import type { GcpMachine } from './instances';
import type { Vpc } from './network';
import type { Options } from './credentials';

/** Where controllers answer /healthz over plain HTTP: a target pool takes no other health check. */
export const PLAIN_HEALTH = 8080;

/** Where Google's own probes for target pools come from. */
const PROBES = ['35.191.0.0/16', '209.85.152.0/22', '209.85.204.0/22'];

/** The API's public address. It comes before all machines: certificates name it, and needn't wait for a balancer. */
export function makeApiAddress(lab: string, options: Options): pulumi.Output<string> {
  return new Address('api', { name: `${lab}-api`, description: `API of lab ${lab}` }, options)
    .address;
}

/** What people reach the API by; nodes don't use it. Packets come through it as they are: allow-api decides who may. */
export function makeLoadBalancer(
  lab: string,
  topology: Topology,
  vpc: Vpc,
  ipAddress: pulumi.Output<string>,
  machines: GcpMachine[],
  options: Options,
): ForwardingRule {
  const controllers = machines.filter((machine) => machine.role === 'controller');
  const name = `${lab}-api`;
  const probes: FirewallRule = {
    name: 'allow-health-checks',
    description: 'The load balancer asks controllers for their health',
    protocol: 'tcp',
    ports: [PLAIN_HEALTH, PLAIN_HEALTH],
    sources: PROBES,
    targets: 'controller',
  };
  makeRule(lab, probes, vpc, options);
  const check = new HttpHealthCheck(
    'api',
    {
      name,
      description: `API servers of lab ${lab}`,
      port: PLAIN_HEALTH,
      requestPath: '/healthz',
      checkIntervalSec: 5,
      timeoutSec: 5,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    options,
  );
  const pool = new TargetPool(
    'api',
    {
      name,
      description: `Controllers of lab ${lab}`,
      healthChecks: check.name,
      instances: controllers.map(
        ({ resource }) => pulumi.interpolate`${resource.zone}/${resource.name}`,
      ),
    },
    options,
  );
  return new ForwardingRule(
    'api',
    {
      name,
      description: `API of lab ${lab}`,
      ipAddress,
      ipProtocol: 'TCP',
      portRange: String(topology.apiPort),
      target: pool.selfLink,
    },
    options,
  );
}
