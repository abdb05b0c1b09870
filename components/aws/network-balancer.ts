import type { Eip, SecurityGroup } from '@pulumi/aws/ec2';
import * as lb from '@pulumi/aws/lb';
import type * as pulumi from '@pulumi/pulumi';
import { once } from './replacement';
import type { AwsContext, SubnetParts } from './types';

type Options = AwsContext['options'];

/** Parts of a Network Load Balancer with one public address. */
interface Parts {
  name: string;
  subnet: SubnetParts;
  group: SecurityGroup;
  eip: Eip;
  tags: Record<string, string>;
  dependsOn: pulumi.Resource[];
  options: Options;
}

/** Port of a balancer, and the targets that get its connections. */
interface Port {
  name: string;
  port: number;
  targets: lb.TargetGroup;
  tags: Record<string, string>;
  options: Options;
}

/**
 * Creates a public Network Load Balancer. Its name, at most 32 characters, contains the subnet's id,
 * so that a new subnet replaces the balancer. A subnet cannot be deleted while a balancer's
 * interface is in it. The engine deletes the balancer first only if the provider reports a
 * replacement while the new subnet's id is unknown. AWS's provider does so for the name, which never
 * changes in place, but not for `subnetMappings` (customizeDiffLoadBalancerNLB).
 */
export const makeNetworkBalancer = ({
  name,
  subnet: { subnet },
  group,
  eip,
  tags,
  dependsOn,
  options,
}: Parts): lb.LoadBalancer =>
  new lb.LoadBalancer(
    name,
    {
      name: subnet.id.apply((id) => `${name}-${id.replace(/^subnet-/, '')}`),
      loadBalancerType: 'network',
      internal: false,
      securityGroups: [group.id],
      subnetMappings: [{ subnetId: subnet.id, allocationId: eip.allocationId }],
      tags,
    },
    once({ ...options, dependsOn }),
  );

/** Forwards the TCP connections to one port of a balancer. */
export const makeListener = (
  balancer: lb.LoadBalancer,
  { name, port, targets, tags, options }: Port,
): lb.Listener =>
  new lb.Listener(
    name,
    {
      loadBalancerArn: balancer.arn,
      port,
      protocol: 'TCP',
      defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      tags,
    },
    once(options),
  );
