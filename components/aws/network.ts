import * as ec2 from '@pulumi/aws/ec2';
import type * as pulumi from '@pulumi/pulumi';
import { fieldsIf } from '../../util/optional';
import { subnet64 } from '../../util/cidr6';
import { once } from './replacement';
import { expiryTags, resourceTag } from './tags';
import type { AwsContext, Network, SubnetParts } from './types';
import { zoneOf } from './zone';

/** Returns the /64 number `index` of a VPC's IPv6 network. */
const partOf = (vpc: ec2.Vpc, index: number): pulumi.Output<string> =>
  vpc.ipv6CidrBlock.apply((cidr) => subnet64(cidr, index));

interface WayOut {
  /** Name of the subnet. */
  name: string;
  table: ec2.RouteTable;
  gateway: ec2.InternetGateway;
  options: AwsContext['options'];
}

/** Creates the IPv6 default route of a public subnet. */
const wayOut6 = ({ name, table, gateway, options }: WayOut): ec2.Route =>
  new ec2.Route(
    `default-route6-${name}`,
    { routeTableId: table.id, destinationIpv6CidrBlock: '::/0', gatewayId: gateway.id },
    once(options),
  );

/** Creates the VPC: its internet gateway, and for each subnet a route table with its default route. */
export function makeNetwork({ lab, config, topology, tags, options }: AwsContext): Network {
  const vpc = new ec2.Vpc(
    'vpc',
    {
      cidrBlock: topology.nodeCidr,
      // A /56 that Amazon chooses: only IPAM can give a VPC a network of the user's choice.
      ...fieldsIf(topology.ipv6, { assignGeneratedIpv6CidrBlock: true }),
      tags: { Name: lab, ...resourceTag('vpc'), ...expiryTags(tags) },
    },
    // AWS takes no IPv6 network from a VPC while its subnets have parts of it.
    { ...options, replaceOnChanges: ['assignGeneratedIpv6CidrBlock'] },
  );
  const gateway = new ec2.InternetGateway(
    'internet-gateway',
    { vpcId: vpc.id, tags: { Name: lab, ...resourceTag('internet-gateway') } },
    // A gateway can leave a VPC only when no public address is left in it.
    { ...options, replaceOnChanges: ['vpcId'] },
  );
  const reachable: pulumi.Resource[] = [gateway];
  const subnets: SubnetParts[] = [];
  for (const [index, plan] of topology.subnets.entries()) {
    const name = { Name: `${lab}-${plan.name}`, ...resourceTag(plan.name) };
    // All subnets are in one zone, because AWS charges for traffic between zones.
    const availabilityZone = subnets[0]?.subnet.availabilityZone ?? zoneOf(config, options);
    const subnet = new ec2.Subnet(
      plan.name,
      {
        vpcId: vpc.id,
        cidrBlock: plan.cidr,
        ipv6CidrBlock: topology.ipv6 && partOf(vpc, index),
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
    if (topology.ipv6) reachable.push(wayOut6({ name: plan.name, table, gateway, options }));
  }
  return { vpc, gateway, subnets, reachable };
}
