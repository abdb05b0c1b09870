import * as ec2 from '@pulumi/aws/ec2';
import * as lb from '@pulumi/aws/lb';
import { SecurityGroupEgressRule } from '@pulumi/aws/vpc';
import type { Topology } from '../topology';
import { letIn, makeGroup } from './firewall';
import type { AwsMachine } from './instances';
import type { Network } from './network';
import type { Options } from './credentials';

/** The API's public address. It comes before all machines: certificates name it, and needn't wait for a balancer. */
export function makeApiAddress(lab: string, { gateway }: Network, options: Options): ec2.Eip {
  return new ec2.Eip(
    'api',
    { domain: 'vpc', tags: { Name: `${lab}-api` } },
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
    options,
  );
}

/** What people reach the API by; nodes don't use it. */
export function makeLoadBalancer(
  lab: string,
  topology: Topology,
  network: Network,
  address: ec2.Eip,
  machines: AwsMachine[],
  options: Options,
): lb.LoadBalancer {
  const port = topology.apiPort;
  const controllers = machines.filter((machine) => machine.role === 'controller');
  const group = makeGroup('balancer', 'The load balancer of the API', network, options);
  // Targets see the balancer's own address, which the nodes' rules let in: who may come is decided here.
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
    },
    { ...options, deletedWith: group },
  );
  const balancer = new lb.LoadBalancer(
    'api',
    {
      loadBalancerType: 'network',
      internal: false,
      securityGroups: [group.id],
      subnetMappings: [
        { subnetId: network.subnets[0].subnet.id, allocationId: address.allocationId },
      ],
      tags: { Name: `${lab}-api` },
    },
    // It takes an address of the subnet: after the machines, so that it can't be one of theirs.
    {
      ...options,
      dependsOn: [network.gateway, out, ...rules, ...machines.map((machine) => machine.resource)],
    },
  );
  const targets = new lb.TargetGroup(
    'api',
    {
      vpcId: network.vpc.id,
      port,
      protocol: 'TCP',
      targetType: 'instance',
      // A controller that comes back to itself through the balancer would see its own address as a client's.
      preserveClientIp: 'false',
      deregistrationDelay: 0,
      // The API server answers this one to anybody: RBAC's system:public-info-viewer, of which anonymous requests are.
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
      tags: { Name: `${lab}-api` },
    },
    options,
  );
  for (const { name, resource } of controllers) {
    new lb.TargetGroupAttachment(
      name,
      { targetGroupArn: targets.arn, targetId: resource.id, port },
      { ...options, deletedWith: targets },
    );
  }
  new lb.Listener(
    'api',
    {
      loadBalancerArn: balancer.arn,
      port,
      protocol: 'TCP',
      defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
    },
    options,
  );
  return balancer;
}
