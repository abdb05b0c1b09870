import * as ec2 from '@pulumi/aws/ec2';
import type * as pulumi from '@pulumi/pulumi';
import { once } from './replacement';
import { expiryTags, resourceTag } from './tags';
import type { AwsContext, Network, SubnetParts } from './types';
import { zoneOf } from './zone';

/** Creates the VPC: its internet gateway, and for each subnet a route table with its default route. */
export function makeNetwork({ lab, config, topology, tags, options }: AwsContext): Network {
  const vpc = new ec2.Vpc(
    'vpc',
    {
      cidrBlock: topology.nodeCidr,
      tags: { Name: lab, ...resourceTag('vpc'), ...expiryTags(tags) },
    },
    options,
  );
  const gateway = new ec2.InternetGateway(
    'internet-gateway',
    { vpcId: vpc.id, tags: { Name: lab, ...resourceTag('internet-gateway') } },
    // A gateway can leave a VPC only when no public address is left in it.
    { ...options, replaceOnChanges: ['vpcId'] },
  );
  const reachable: pulumi.Resource[] = [gateway];
  const subnets: SubnetParts[] = [];
  for (const plan of topology.subnets) {
    const name = { Name: `${lab}-${plan.name}`, ...resourceTag(plan.name) };
    // All subnets are in one zone, because AWS charges for traffic between zones.
    const availabilityZone = subnets[0]?.subnet.availabilityZone ?? zoneOf(config, options);
    const subnet = new ec2.Subnet(
      plan.name,
      {
        vpcId: vpc.id,
        cidrBlock: plan.cidr,
        availabilityZone,
        mapPublicIpOnLaunch: false,
        tags: name,
      },
      // A lab keeps its zone even if AWS's offerings change.
      once({ ...options, ignoreChanges: config.zone ? [] : ['availabilityZone'] }),
    );
    const table = new ec2.RouteTable(plan.name, { vpcId: vpc.id, tags: name }, options);
    subnets.push({ plan, subnet, table });
    reachable.push(
      new ec2.RouteTableAssociation(
        plan.name,
        { subnetId: subnet.id, routeTableId: table.id },
        once(options),
      ),
    );
    if (!plan.isPublic) continue;
    reachable.push(
      new ec2.Route(
        `default-route-${plan.name}`,
        { routeTableId: table.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway.id },
        once(options),
      ),
    );
  }
  return { vpc, gateway, subnets, reachable };
}
