import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import { gathered } from '../../components/cloud-client';
import type { CloudResource } from './account';
import { diskHourly, PRICES } from './prices';

const price = PRICES.aws;

/** Clients of one region. */
export interface AwsClients {
  region: string;
  ec2: ec2.EC2Client;
  balancing: balancing.ElasticLoadBalancingV2Client;
}

export type Tags = Record<string, string>;

/** Tags that every resource of a lab has. */
export const LAB_TAG = 'hardway-lab';
const STATE_TAG = 'hardway-state';

const tagsOf = (list: { Key?: string; Value?: string }[] | undefined): Tags =>
  Object.fromEntries((list ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

/** An existing resource with its tags, before it is known to belong to a lab. */
interface Existing {
  kind: string;
  id: string;
  /** Ids of the resource in Pulumi's state, if they differ from `id`. */
  stateIds?: (string | undefined)[];
  tags: { Key?: string; Value?: string }[] | undefined;
  hourly?: number;
  /** Set for a resource that disappears with another one, by the other's id. */
  deletedWith?: string;
}

/** A lab's resource on AWS. */
export interface AwsRemain extends CloudResource {
  deletedWith?: string;
}

/** States in which an instance exists. A terminated one is listed for an hour and is no longer one. */
const EXISTS: ec2.Filter = {
  Name: 'instance-state-name',
  Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
};

/** Instances by filter. */
export const instances = (
  { ec2: client }: AwsClients,
  Filters: ec2.Filter[],
): Promise<ec2.Instance[]> =>
  gathered(ec2.paginateDescribeInstances({ client }, { Filters }), ({ Reservations = [] }) =>
    Reservations.flatMap((reservation) => reservation.Instances ?? []),
  );

/** Load balancers of the region, of any owner. */
export const balancers = ({ balancing: client }: AwsClients): Promise<balancing.LoadBalancer[]> =>
  gathered(
    balancing.paginateDescribeLoadBalancers({ client }, {}),
    ({ LoadBalancers }) => LoadBalancers,
  );

function instanceHourly(instance: ec2.Instance, elastic: Set<string>): number | undefined {
  const { State, InstanceType = '', PublicIpAddress } = instance;
  if (State?.Name !== 'running' && State?.Name !== 'pending') return 0;
  const hour = price.machines[InstanceType];
  if (hour === undefined) return undefined;
  // An Elastic IP is listed as its own resource.
  const ownAddress = PublicIpAddress !== undefined && !elastic.has(PublicIpAddress);
  if (ownAddress) return hour + price.address;
  return hour;
}

/** Instances, volumes and addresses: the kinds that cost money. */
async function pricedInEc2(clients: AwsClients, Filters: ec2.Filter[]): Promise<Existing[]> {
  const client = clients.ec2;
  const [machines, volumes, { Addresses = [] }] = await Promise.all([
    instances(clients, [...Filters, EXISTS]),
    gathered(ec2.paginateDescribeVolumes({ client }, { Filters }), ({ Volumes }) => Volumes),
    client.send(new ec2.DescribeAddressesCommand({ Filters })),
  ]);
  const elastic = new Set(Addresses.flatMap(({ PublicIp }) => PublicIp ?? []));
  return [
    ...machines.map((one) => ({
      kind: 'instance',
      id: one.InstanceId!,
      tags: one.Tags,
      hourly: instanceHourly(one, elastic),
    })),
    ...volumes.map((one) => ({
      kind: 'volume',
      id: one.VolumeId!,
      tags: one.Tags,
      hourly: diskHourly('aws', one.VolumeType ?? 'gp3', one.Size ?? 0),
      deletedWith: one.Attachments?.[0]?.InstanceId,
    })),
    ...Addresses.map((one) => ({
      kind: 'elastic ip',
      id: one.AllocationId!,
      tags: one.Tags,
      hourly: price.address,
    })),
  ];
}

/** Parts of the network, and key pairs. */
async function freeInEc2({ ec2: client }: AwsClients, Filters: ec2.Filter[]): Promise<Existing[]> {
  const [vpcs, subnets, gateways, tables, groups, rules, interfaces, keys] = await Promise.all([
    gathered(ec2.paginateDescribeVpcs({ client }, { Filters }), ({ Vpcs }) => Vpcs),
    gathered(ec2.paginateDescribeSubnets({ client }, { Filters }), ({ Subnets }) => Subnets),
    gathered(
      ec2.paginateDescribeInternetGateways({ client }, { Filters }),
      ({ InternetGateways }) => InternetGateways,
    ),
    gathered(
      ec2.paginateDescribeRouteTables({ client }, { Filters }),
      ({ RouteTables }) => RouteTables,
    ),
    gathered(
      ec2.paginateDescribeSecurityGroups({ client }, { Filters }),
      ({ SecurityGroups }) => SecurityGroups,
    ),
    gathered(
      ec2.paginateDescribeSecurityGroupRules({ client }, { Filters }),
      ({ SecurityGroupRules }) => SecurityGroupRules,
    ),
    gathered(
      ec2.paginateDescribeNetworkInterfaces({ client }, { Filters }),
      ({ NetworkInterfaces }) => NetworkInterfaces,
    ),
    client.send(new ec2.DescribeKeyPairsCommand({ Filters })),
  ]);
  const kind = (name: string, id: string | undefined, tags: Existing['tags']): Existing => ({
    kind: name,
    id: id!,
    tags,
  });
  return [
    ...vpcs.map((one) => kind('vpc', one.VpcId, one.Tags)),
    ...subnets.map((one) => kind('subnet', one.SubnetId, one.Tags)),
    ...gateways.map((one) => kind('internet gateway', one.InternetGatewayId, one.Tags)),
    ...tables.map((one) => kind('route table', one.RouteTableId, one.Tags)),
    ...groups.map((one) => kind('security group', one.GroupId, one.Tags)),
    ...rules.map((one) => ({
      ...kind('security group rule', one.SecurityGroupRuleId, one.Tags),
      deletedWith: one.GroupId,
    })),
    ...interfaces.map((one) => ({
      ...kind('network interface', one.NetworkInterfaceId, one.TagSet),
      deletedWith: one.Attachment?.InstanceId,
    })),
    ...(keys.KeyPairs ?? []).map((one) => ({
      ...kind('key pair', one.KeyPairId, one.Tags),
      stateIds: [one.KeyName],
    })),
  ];
}

/** Resources of the load balancing API by ARN, before their tags are known. */
type Untagged = Map<string, Omit<Existing, 'id' | 'tags'>>;

/** Reads the tags of resources of the load balancing API. */
async function withTags({ balancing: client }: AwsClients, all: Untagged): Promise<Existing[]> {
  const arns = [...all.keys()];
  const existing: Existing[] = [];
  // DescribeTags takes 20 resources at most.
  for (let first = 0; first < arns.length; first += 20) {
    const { TagDescriptions = [] } = await client.send(
      new balancing.DescribeTagsCommand({ ResourceArns: arns.slice(first, first + 20) }),
    );
    for (const { ResourceArn: id = '', Tags: tags } of TagDescriptions)
      existing.push({ ...all.get(id)!, id, tags });
  }
  return existing;
}

/** Lists the listeners of one load balancer. Without a balancer, they do not exist either. */
async function listenersOf({ balancing: client }: AwsClients, arn: string): Promise<string[]> {
  const pages = balancing.paginateDescribeListeners({ client }, { LoadBalancerArn: arn });
  try {
    const found = await gathered(pages, ({ Listeners }) => Listeners);
    return found.flatMap(({ ListenerArn }) => ListenerArn ?? []);
  } catch (error) {
    if ((error as Error).name.startsWith('LoadBalancerNotFound')) return [];
    throw error;
  }
}

/**
 * Lists load balancers, target groups, and the listeners of balancers that have a lab's tag. The API
 * has no filter by tag, and lists listeners by balancer only.
 */
async function inBalancing(clients: AwsClients): Promise<Existing[]> {
  const [found, groups] = await Promise.all([
    balancers(clients),
    gathered(
      balancing.paginateDescribeTargetGroups({ client: clients.balancing }, {}),
      ({ TargetGroups }) => TargetGroups,
    ),
  ]);
  const untagged: Untagged = new Map();
  for (const { LoadBalancerArn } of found)
    untagged.set(LoadBalancerArn!, { kind: 'load balancer', hourly: price.loadBalancer });
  for (const { TargetGroupArn } of groups) untagged.set(TargetGroupArn!, { kind: 'target group' });
  const existing = await withTags(clients, untagged);
  const ofLabs = existing.filter(
    ({ kind, tags }) => kind === 'load balancer' && LAB_TAG in tagsOf(tags),
  );
  const listeners: Untagged = new Map();
  for (const { id } of ofLabs)
    for (const arn of await listenersOf(clients, id))
      listeners.set(arn, { kind: 'listener', deletedWith: id });
  return [...existing, ...(await withTags(clients, listeners))];
}

/**
 * Lists existing resources with a lab's tags. Each kind is asked whether it exists, because tags
 * outlive it. A terminated instance stays visible for about an hour (API reference of EC2,
 * TerminateInstances). AWS's tagging API was seen to list deleted volumes (aws/aws-cli#4173).
 */
export async function labResources(clients: AwsClients, lab?: string): Promise<AwsRemain[]> {
  // `tag:KEY` is a filter of every kind (`tag-key` is not one of rules), and takes wildcards.
  const filters: ec2.Filter[] = [{ Name: `tag:${LAB_TAG}`, Values: [lab ?? '*'] }];
  const existing = await Promise.all([
    pricedInEc2(clients, filters),
    freeInEc2(clients, filters),
    inBalancing(clients),
  ]);
  return existing.flat().flatMap(({ kind, id, stateIds = [], tags: list, hourly, deletedWith }) => {
    const tags = tagsOf(list);
    const name = tags[LAB_TAG];
    if (name === undefined || (lab !== undefined && name !== lab)) return [];
    const ids = [id, ...stateIds.flatMap((one) => one ?? [])];
    return {
      lab: name,
      state: tags[STATE_TAG] ?? '',
      student: tags.student ?? '',
      expires: tags.expires ?? '',
      kind,
      id,
      stateIds: ids,
      place: clients.region,
      hourly: kind === 'instance' ? hourly : (hourly ?? 0),
      deletedWith,
    };
  });
}
