import * as ec2 from '@pulumi/aws/ec2';
import * as lb from '@pulumi/aws/lb';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc';
import type { Topology } from '../topology';
import { letIn, makeGroup } from './firewall';
import type { AwsMachine } from './instances';
import type { Network } from './network';
import type { Options } from './credentials';
import { once } from './replacement';
import { reserveNodeAddresses } from './reservations';
import { resourceTag } from './tags';

/** The API's public address. It comes before all machines: certificates name it, and needn't wait for a balancer. */
export function makeApiAddress(lab: string, { gateway }: Network, options: Options): ec2.Eip {
  return new ec2.Eip(
    'api',
    { domain: 'vpc', tags: { Name: `${lab}-api`, ...resourceTag('api') } },
    { ...options, dependsOn: gateway },
  );
}

/** In profile small the API's address is the one controller's own. */
export function giveAddress(
  address: ec2.Eip,
  machine: AwsMachine,
  options: Options,
): ec2.EipAssociation {
  return new ec2.EipAssociation(
    'api',
    {
      allocationId: address.allocationId,
      networkInterfaceId: machine.resource.primaryNetworkInterfaceId,
    },
    once(options),
  );
}

interface LoadBalancerArgs {
  lab: string;
  topology: Topology;
  network: Network;
  address: ec2.Eip;
}

/**
 * The load balancer, by which users reach the API; nodes do not use it. Returns its target group and listener.
 *
 * It waits for no instance: AWS takes minutes to create it and to register targets, and the nodes are
 * bootstrapped meanwhile.
 */
export function makeLoadBalancer(
  { lab, topology, network, address }: LoadBalancerArgs,
  options: Options,
): { targets: lb.TargetGroup; listener: lb.Listener } {
  const port = topology.apiPort;
  const tags = { Name: `${lab}-api`, ...resourceTag('api') };
  const group = makeGroup('balancer', 'The load balancer of the API', network, options);
  // Targets see the balancer's own address, which the nodes' rules let in. So clients are filtered here.
  const rules = topology.rules
    .filter((rule) => rule.name === 'allow-api')
    .flatMap((rule) => letIn(rule, group, options, 'balancer'));
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
    once({ ...options, deletedWith: group }),
  );
  const [subnet] = network.subnets;
  const balancer = new lb.LoadBalancer(
    'api',
    {
      loadBalancerType: 'network',
      internal: false,
      securityGroups: [group.id],
      subnetMappings: [{ subnetId: subnet.subnet.id, allocationId: address.allocationId }],
      tags,
    },
    once({
      ...options,
      // The balancer takes an address of the subnet. After the reservations, it takes none of a node.
      dependsOn: [network.gateway, out, ...rules, ...reserveNodeAddresses(subnet, options)],
      // Without it the engine would delete the subnet first, and the balancer's interface is in it: the
      // provider reports a replacement only when the new subnet's id is known (customizeDiffLoadBalancerNLB).
      replaceOnChanges: ['subnetMappings'],
    }),
  );
  const targets = new lb.TargetGroup(
    'api',
    {
      vpcId: network.vpc.id,
      port,
      protocol: 'TCP',
      targetType: 'instance',
      // Else a controller that reaches itself through the balancer would get a packet from its own address.
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
  const listener = new lb.Listener(
    'api',
    {
      loadBalancerArn: balancer.arn,
      port,
      protocol: 'TCP',
      defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      tags,
    },
    once(options),
  );
  return { targets, listener };
}

/** Registers the controllers with the load balancer. */
export function registerControllers(
  targets: lb.TargetGroup,
  { topology, machines }: { topology: Topology; machines: AwsMachine[] },
  options: Options,
): lb.TargetGroupAttachment[] {
  return machines
    .filter(({ role }) => role === 'controller')
    .map(
      ({ name, resource }) =>
        new lb.TargetGroupAttachment(
          name,
          { targetGroupArn: targets.arn, targetId: resource.id, port: topology.apiPort },
          once({ ...options, deletedWith: targets }),
        ),
    );
}
