import * as ec2 from '@pulumi/aws/ec2';
import * as lb from '@pulumi/aws/lb';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc';
import type { ApiTargets } from '../cloud';
import { admit, makeGroup } from './firewall';
import { makeListener, makeNetworkBalancer } from './network-balancer';
import { once } from './replacement';
import { reserveNodeAddresses } from './reservations';
import { resourceTag } from './tags';
import type { AwsBuilt, AwsContext, LoadBalancer } from './types';

/**
 * Reserves the API's public address, and creates the load balancer in profile full.
 * The address exists before any machine or balancer: certificates name it, and do not wait for them.
 */
export function makeLoadBalancer(
  context: AwsContext,
  { network }: Pick<AwsBuilt, 'network'>,
): LoadBalancer {
  const { lab, config, options } = context;
  const eip = new ec2.Eip(
    'api',
    { domain: 'vpc', tags: { Name: `${lab}-api`, ...resourceTag('api') } },
    { ...options, dependsOn: network.gateway },
  );
  return {
    address: eip.publicIp,
    eip,
    balancing: config.profile === 'full' ? makeBalancer(context, { network, eip }) : undefined,
  };
}

/** Creates the target group of the controllers, with the health check of the API server. */
function makeTargetGroup(
  { topology, options }: AwsContext,
  network: AwsBuilt['network'],
  tags: Record<string, string>,
): lb.TargetGroup {
  return new lb.TargetGroup(
    'api',
    {
      vpcId: network.vpc.id,
      port: topology.apiPort,
      protocol: 'TCP',
      targetType: 'instance',
      // With `true`, a controller that reaches itself through the balancer would drop the packet,
      // because its source would be the controller's own address.
      preserveClientIp: 'false',
      deregistrationDelay: 0,
      // The API server answers this path without a login: RBAC's system:public-info-viewer allows it.
      healthCheck: {
        protocol: 'HTTPS',
        path: '/healthz',
        port: 'traffic-port',
        matcher: '200',
        interval: 10,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags,
    },
    options,
  );
}

/**
 * Creates the load balancer by which users reach the API; nodes do not use it. It waits for no
 * instance: AWS takes minutes to create it and to register targets, and the nodes are bootstrapped
 * meanwhile.
 */
function makeBalancer(
  context: AwsContext,
  { network, eip }: { network: AwsBuilt['network']; eip: ec2.Eip },
): NonNullable<LoadBalancer['balancing']> {
  const { lab, topology, options } = context;
  const port = topology.apiPort;
  const tags = { Name: `${lab}-api`, ...resourceTag('api') };
  const group = makeGroup({
    name: 'balancer',
    description: 'The load balancer of the API',
    network,
    options,
  });
  // Targets see the balancer's own address, which the nodes' rules admit. So clients are filtered here.
  const rules = topology.rules
    .filter((rule) => rule.name === 'allow-api')
    .flatMap((rule) => admit({ rule, group, options, prefix: 'balancer' }));
  const out = new SecurityGroupEgressRule(
    'balancer-out',
    {
      securityGroupId: group.id,
      description: 'The API on the controllers',
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      cidrIpv4: topology.nodeCidr,
      tags: resourceTag('balancer-out'),
    },
    once(options),
  );
  const [subnet] = network.subnets;
  const balancer = makeNetworkBalancer({
    ...{ name: 'api', subnet, group, eip, tags, options },
    // The balancer takes an address of the subnet: after the reservations, never one of a node.
    dependsOn: [network.gateway, out, ...rules, ...reserveNodeAddresses(subnet, options)],
  });
  const targets = makeTargetGroup(context, network, tags);
  const listener = makeListener(balancer, { name: 'api', port, targets, tags, options });
  return { targets, listener };
}

/**
 * Registers the controllers with the load balancer. In profile small, attaches the API's address to
 * the one controller.
 */
export function makeApiTargets(
  { topology, options }: AwsContext,
  { loadBalancer: { eip, balancing }, machines }: Pick<AwsBuilt, 'loadBalancer' | 'machines'>,
): ApiTargets {
  const controllers = machines.filter(({ role }) => role === 'controller');
  if (!balancing) {
    const { allocationId } = eip;
    const networkInterfaceId = controllers[0].resource.primaryNetworkInterfaceId;
    const association = new ec2.EipAssociation(
      'api',
      { allocationId, networkInterfaceId },
      once(options),
    );
    return { reachable: [association], answering: [] };
  }
  const { targets, listener } = balancing;
  const attachments = controllers.map(
    ({ name, resource }) =>
      new lb.TargetGroupAttachment(
        name,
        { targetGroupArn: targets.arn, targetId: resource.id, port: topology.apiPort },
        once({ ...options, deletedWith: targets }),
      ),
  );
  return { reachable: [], answering: [listener, ...attachments] };
}
