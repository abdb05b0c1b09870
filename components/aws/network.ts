import * as ec2 from '@pulumi/aws/ec2';
import type * as pulumi from '@pulumi/pulumi';
import type { CloudArgs } from '../cloud';
import type { Subnet } from '../topology';
import type { Options } from './credentials';
import { once } from './replacement';
import { expiryTags, resourceTag } from './tags';
import { zoneOf } from './zone';

/** A subnet of the VPC, with the route table that is its own. */
export interface SubnetParts {
  plan: Subnet;
  subnet: ec2.Subnet;
  table: ec2.RouteTable;
}

export interface Network {
  vpc: ec2.Vpc;
  gateway: ec2.InternetGateway;
  subnets: SubnetParts[];
  /** What connects the public subnet to the world: default route, association. */
  reachable: pulumi.Resource[];
}

/** The VPC: its subnet, the internet gateway, and the VPC router's table with the default route. */
export function makeNetwork(
  { lab, config, topology, tags }: Pick<CloudArgs, 'lab' | 'config' | 'topology' | 'tags'>,
  options: Options,
): Network {
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
    // A gateway moves to another VPC only when the old one has no public address left.
    { ...options, replaceOnChanges: ['vpcId'] },
  );
  const reachable: pulumi.Resource[] = [gateway];
  const subnets: SubnetParts[] = [];
  for (const plan of topology.subnets) {
    const name = { Name: `${lab}-${plan.name}`, ...resourceTag(plan.name) };
    // All subnets are in one zone: traffic between zones costs.
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
      // A lab keeps the zone that was chosen for it, even if AWS's offerings change.
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
        once({ ...options, deletedWith: table }),
      ),
    );
  }
  return { vpc, gateway, subnets, reachable };
}
