import * as ec2 from '@aws-sdk/client-ec2';
import { describingErrors, gathered } from '../cloud-client';
import { awsError } from './client-errors';
import { clientOptions } from './client-options';

/** Network of a lab, as the API of AWS reports it. IPv4 only. */
export interface AwsVpc {
  tables: AwsTable[];
  interfaces: AwsInterface[];
  rules: AwsRule[];
}

/** Route table of a VPC. */
export interface AwsTable {
  id: string;
  /** Subnets that use the table explicitly. */
  subnets: string[];
  /** Whether subnets without a table use this one. */
  isMain: boolean;
  routes: {
    destination: string;
    /** Id of a network interface or gateway; `local` for the VPC itself. */
    target: string;
    /** `active`, or `blackhole` if the target does not exist any more. */
    state: string;
  }[];
}

/** Network interface of a VPC. */
export interface AwsInterface {
  id: string;
  subnet: string;
  privateIp: string;
  /** Empty if the interface has none. */
  publicIp: string;
  sourceDestCheck: boolean;
  /** Security groups. */
  groups: { id: string; name: string }[];
}

/** Rule of a security group. */
export interface AwsRule {
  id: string;
  group: string;
  isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, or `-1` for all. */
  protocol: string;
  from: number;
  to: number;
  /** Empty if the rule is about another group. */
  cidr: string;
  /** Group whose members the rule is about; empty if it is about a CIDR. */
  members: string;
  description: string;
}

const described = describingErrors(awsError);

const asTable = (table: ec2.RouteTable): AwsTable => ({
  id: table.RouteTableId ?? '',
  subnets: (table.Associations ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
  isMain: (table.Associations ?? []).some(({ Main }) => Main),
  routes: (table.Routes ?? []).flatMap((route) => {
    if (route.DestinationCidrBlock === undefined) return [];
    const target =
      route.NetworkInterfaceId ??
      route.GatewayId ??
      route.NatGatewayId ??
      route.TransitGatewayId ??
      route.VpcPeeringConnectionId ??
      'nothing';
    return [{ destination: route.DestinationCidrBlock, target, state: route.State ?? 'active' }];
  }),
});

const asInterface = (one: ec2.NetworkInterface): AwsInterface => ({
  id: one.NetworkInterfaceId ?? '',
  subnet: one.SubnetId ?? '',
  privateIp: one.PrivateIpAddress ?? '',
  publicIp: one.Association?.PublicIp ?? '',
  sourceDestCheck: one.SourceDestCheck ?? true,
  groups: (one.Groups ?? []).map(({ GroupId = '', GroupName = '' }) => ({
    id: GroupId,
    name: GroupName,
  })),
});

const asRule = (rule: ec2.SecurityGroupRule): AwsRule => ({
  id: rule.SecurityGroupRuleId ?? '',
  group: rule.GroupId ?? '',
  isEgress: rule.IsEgress ?? false,
  protocol: rule.IpProtocol ?? '-1',
  from: rule.FromPort ?? -1,
  to: rule.ToPort ?? -1,
  cidr: rule.CidrIpv4 ?? '',
  members: rule.ReferencedGroupInfo?.GroupId ?? '',
  description: rule.Description ?? '',
});

/** Reads route tables, network interfaces and security groups of a lab's VPC. */
export const readVpc = (lab: string, region: string): Promise<AwsVpc> =>
  described(async () => {
    const client = new ec2.EC2Client(clientOptions(region));
    const { Vpcs = [] } = await client.send(
      new ec2.DescribeVpcsCommand({ Filters: [{ Name: 'tag:hardway-lab', Values: [lab] }] }),
    );
    const inVpc = {
      Filters: [{ Name: 'vpc-id', Values: Vpcs.map(({ VpcId }) => VpcId ?? '') }],
    };
    if (Vpcs.length === 0) return { tables: [], interfaces: [], rules: [] };
    const [tables, interfaces] = await Promise.all([
      gathered(ec2.paginateDescribeRouteTables({ client }, inVpc), (page) => page.RouteTables),
      gathered(
        ec2.paginateDescribeNetworkInterfaces({ client }, inVpc),
        (page) => page.NetworkInterfaces,
      ),
    ]);
    const ends = interfaces.map(asInterface);
    const groups = [...new Set(ends.flatMap((one) => one.groups.map(({ id }) => id)))];
    const rules = await gathered(
      ec2.paginateDescribeSecurityGroupRules(
        { client },
        { Filters: [{ Name: 'group-id', Values: groups }] },
      ),
      (page) => page.SecurityGroupRules,
    );
    return { tables: tables.map(asTable), interfaces: ends, rules: rules.map(asRule) };
  });
