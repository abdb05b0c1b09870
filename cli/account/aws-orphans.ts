import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import { CloudError } from '../../components/cloud';
import { asText } from '../../util/optional';
import { poll } from '../../util/poll';
import type { Orphan, OrphanQuery } from './account';
import type { PendingCreate } from '../engine';
import { type AwsClients, type AwsRemain, instances, labResources } from './aws-resources';
import { deletePatiently, type Patience } from './patience';

/** A load balancer's network interfaces disappear some minutes after the balancer. */
const PATIENCE: Patience = { seconds: 600, pause: 5000 };

const isGone = ({ name }: Error): boolean => /NotFound|\.NotFound|Gone$/.test(name);

/** Refusals that end when another deletion has ended. */
const isInUse = ({ name }: Error): boolean =>
  /DependencyViolation|InUse|AuthFailure|ResourceInUse|IncorrectState|OperationNotPermitted/.test(
    name,
  );

const attempt = (work: () => Promise<unknown>, patience: Patience): Promise<void> =>
  deletePatiently(work, { isGone, isInUse }, patience);

/** Waits until `exists` is false or throws "not found". */
async function waitGone(
  what: string,
  exists: () => Promise<boolean>,
  { seconds, pause }: Patience,
): Promise<void> {
  const absent = (): Promise<boolean> =>
    exists().then(
      (found) => !found,
      (error: Error) => {
        if (isGone(error)) return true;
        throw error;
      },
    );
  if (!(await poll(absent, { limit: seconds * 1000, interval: pause })))
    throw new CloudError(`${what} still exists ${seconds} seconds after its deletion.`);
}

async function terminate(clients: AwsClients, id: string, patience: Patience): Promise<void> {
  await attempt(
    () => clients.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] })),
    patience,
  );
  const exists = async (): Promise<boolean> => {
    const [found] = await instances(clients, [{ Name: 'instance-id', Values: [id] }]);
    return found !== undefined && found.State?.Name !== 'terminated';
  };
  await waitGone(`instance ${id}`, exists, patience);
}

async function deleteBalancer(
  { balancing: client }: AwsClients,
  arn: string,
  patience: Patience,
): Promise<void> {
  await attempt(
    () => client.send(new balancing.DeleteLoadBalancerCommand({ LoadBalancerArn: arn })),
    patience,
  );
  const exists = async (): Promise<boolean> => {
    const { LoadBalancers = [] } = await client.send(
      new balancing.DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
    );
    return LoadBalancers.length > 0;
  };
  await waitGone(`load balancer ${arn}`, exists, patience);
}

/** An address that is associated can't be released. */
async function releaseAddress({ ec2: client }: AwsClients, id: string): Promise<void> {
  const { Addresses = [] } = await client.send(
    new ec2.DescribeAddressesCommand({ AllocationIds: [id] }),
  );
  const association = Addresses[0]?.AssociationId;
  if (association)
    await client.send(new ec2.DisassociateAddressCommand({ AssociationId: association }));
  await client.send(new ec2.ReleaseAddressCommand({ AllocationId: id }));
}

async function deleteGateway({ ec2: client }: AwsClients, id: string): Promise<void> {
  const { InternetGateways = [] } = await client.send(
    new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: [id] }),
  );
  for (const { VpcId } of InternetGateways[0]?.Attachments ?? [])
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: id, VpcId }));
  await client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: id }));
}

async function revokeRule({ ec2: client }: AwsClients, id: string): Promise<void> {
  const { SecurityGroupRules = [] } = await client.send(
    new ec2.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }),
  );
  for (const { GroupId, IsEgress } of SecurityGroupRules) {
    const rule = { GroupId, SecurityGroupRuleIds: [id] };
    if (IsEgress)
      await client.send(new ec2.RevokeSecurityGroupEgressCommand({ ...rule, GroupId: GroupId! }));
    else await client.send(new ec2.RevokeSecurityGroupIngressCommand(rule));
  }
}

interface Deletion {
  remove(clients: AwsClients, id: string, patience: Patience): Promise<unknown>;
  /** AWS CLI command for the deletion, without the resource's id. */
  byHand: string;
}

/** Deletions by kind, in the order in which AWS accepts them. */
const DELETIONS: Record<string, Deletion> = {
  listener: {
    remove: ({ balancing: client }, id) =>
      client.send(new balancing.DeleteListenerCommand({ ListenerArn: id })),
    byHand: 'aws elbv2 delete-listener --listener-arn',
  },
  'load balancer': {
    remove: deleteBalancer,
    byHand: 'aws elbv2 delete-load-balancer --load-balancer-arn',
  },
  'target group': {
    remove: ({ balancing: client }, id) =>
      client.send(new balancing.DeleteTargetGroupCommand({ TargetGroupArn: id })),
    byHand: 'aws elbv2 delete-target-group --target-group-arn',
  },
  instance: { remove: terminate, byHand: 'aws ec2 terminate-instances --instance-ids' },
  'elastic ip': { remove: releaseAddress, byHand: 'aws ec2 release-address --allocation-id' },
  volume: {
    remove: ({ ec2: client }, id) => client.send(new ec2.DeleteVolumeCommand({ VolumeId: id })),
    byHand: 'aws ec2 delete-volume --volume-id',
  },
  'network interface': {
    remove: ({ ec2: client }, id) =>
      client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id })),
    byHand: 'aws ec2 delete-network-interface --network-interface-id',
  },
  'key pair': {
    remove: ({ ec2: client }, id) => client.send(new ec2.DeleteKeyPairCommand({ KeyPairId: id })),
    byHand: 'aws ec2 delete-key-pair --key-pair-id',
  },
  'security group rule': {
    remove: revokeRule,
    byHand: 'aws ec2 revoke-security-group-ingress --group-id GROUP --security-group-rule-ids',
  },
  'security group': {
    remove: ({ ec2: client }, id) =>
      client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: id })),
    byHand: 'aws ec2 delete-security-group --group-id',
  },
  'internet gateway': {
    remove: deleteGateway,
    byHand: 'aws ec2 delete-internet-gateway --internet-gateway-id',
  },
  subnet: {
    remove: ({ ec2: client }, id) => client.send(new ec2.DeleteSubnetCommand({ SubnetId: id })),
    byHand: 'aws ec2 delete-subnet --subnet-id',
  },
  'route table': {
    remove: ({ ec2: client }, id) =>
      client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: id })),
    byHand: 'aws ec2 delete-route-table --route-table-id',
  },
  vpc: {
    remove: ({ ec2: client }, id) => client.send(new ec2.DeleteVpcCommand({ VpcId: id })),
    byHand: 'aws ec2 delete-vpc --vpc-id',
  },
};

const ORDER = Object.keys(DELETIONS);

/**
 * Returns whether the state lost a resource. A part of a known resource, such as a root volume, is
 * not lost.
 */
function isOrphan(remain: AwsRemain, { state, known }: OrphanQuery): boolean {
  if (state === '' || remain.state !== state) return false;
  if (remain.stateIds.some((id) => known.has(id))) return false;
  const isPart = remain.kind === 'volume' || remain.kind === 'network interface';
  return !(isPart && remain.deletedWith !== undefined);
}

/** Finds a route in an existing table. Routes have no tags, and AWS refuses to create one twice. */
async function pendingRoute(
  { ec2: client }: AwsClients,
  { inputs }: PendingCreate,
): Promise<Orphan[]> {
  const table = asText(inputs.routeTableId);
  const destination6 = asText(inputs.destinationIpv6CidrBlock);
  const destination = destination6 || asText(inputs.destinationCidrBlock);
  if (!table || !destination) return [];
  const { RouteTables = [] } = await client.send(
    new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: 'route-table-id', Values: [table] }] }),
  );
  const [field, flag] = destination6
    ? (['DestinationIpv6CidrBlock', 'destination-ipv6-cidr-block'] as const)
    : (['DestinationCidrBlock', 'destination-cidr-block'] as const);
  const routes = RouteTables.flatMap(({ Routes = [] }) => Routes);
  if (!routes.some((one) => one[field] === destination)) return [];
  const route = { RouteTableId: table, [field]: destination };
  return [
    {
      kind: 'route',
      id: `${destination} in ${table}`,
      remove: async () => void (await client.send(new ec2.DeleteRouteCommand(route))),
      byHand: `aws ec2 delete-route --route-table-id ${table} --${flag} ${destination}`,
    },
  ];
}

async function pendingTableAssociation(
  { ec2: client }: AwsClients,
  { inputs }: PendingCreate,
): Promise<Orphan[]> {
  const [table, subnet] = [asText(inputs.routeTableId), asText(inputs.subnetId)];
  if (!table || !subnet) return [];
  const { RouteTables = [] } = await client.send(
    new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: 'route-table-id', Values: [table] }] }),
  );
  const id = RouteTables.flatMap(({ Associations = [] }) => Associations).find(
    ({ SubnetId }) => SubnetId === subnet,
  )?.RouteTableAssociationId;
  if (!id) return [];
  return [
    {
      kind: 'route table association',
      id,
      remove: async () =>
        void (await client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: id }))),
      byHand: `aws ec2 disassociate-route-table --association-id ${id}`,
    },
  ];
}

async function pendingReservation(
  { ec2: client }: AwsClients,
  { inputs }: PendingCreate,
): Promise<Orphan[]> {
  const [subnet, cidr] = [asText(inputs.subnetId), asText(inputs.cidrBlock)];
  if (!subnet || !cidr) return [];
  const { SubnetIpv4CidrReservations = [] } = await client.send(
    new ec2.GetSubnetCidrReservationsCommand({ SubnetId: subnet }),
  );
  return SubnetIpv4CidrReservations.filter(({ Cidr }) => Cidr === cidr).map(
    ({ SubnetCidrReservationId: id = '' }) => ({
      kind: 'subnet CIDR reservation',
      id,
      remove: async () =>
        void (await client.send(
          new ec2.DeleteSubnetCidrReservationCommand({ SubnetCidrReservationId: id }),
        )),
      byHand: `aws ec2 delete-subnet-cidr-reservation --subnet-cidr-reservation-id ${id}`,
    }),
  );
}

async function pendingAddressAssociation(
  { ec2: client }: AwsClients,
  { inputs }: PendingCreate,
): Promise<Orphan[]> {
  const address = asText(inputs.allocationId);
  if (!address) return [];
  const { Addresses = [] } = await client.send(
    new ec2.DescribeAddressesCommand({
      Filters: [{ Name: 'allocation-id', Values: [address] }],
    }),
  );
  const id = Addresses[0]?.AssociationId;
  if (
    !id ||
    (inputs.networkInterfaceId && Addresses[0].NetworkInterfaceId !== inputs.networkInterfaceId)
  )
    return [];
  return [
    {
      kind: 'address association',
      id,
      remove: async () =>
        void (await client.send(new ec2.DisassociateAddressCommand({ AssociationId: id }))),
      byHand: `aws ec2 disassociate-address --association-id ${id}`,
    },
  ];
}

/** Finds resources of kinds without tags by the inputs of the interrupted create. */
const UNTAGGED: Record<string, (clients: AwsClients, pending: PendingCreate) => Promise<Orphan[]>> =
  {
    'aws:ec2/route:Route': pendingRoute,
    'aws:ec2/routeTableAssociation:RouteTableAssociation': pendingTableAssociation,
    'aws:ec2/subnetCidrReservation:SubnetCidrReservation': pendingReservation,
    'aws:ec2/eipAssociation:EipAssociation': pendingAddressAssociation,
  };

/**
 * Returns resources of the lab in one region that its state does not know, in the order of their
 * deletion.
 */
export async function awsOrphans(
  clients: AwsClients,
  query: OrphanQuery,
  patience = PATIENCE,
): Promise<Orphan[]> {
  const untagged = await Promise.all(
    query.pending.map((pending) => UNTAGGED[pending.type]?.(clients, pending) ?? []),
  );
  const tagged = (await labResources(clients, query.lab))
    .filter((remain) => isOrphan(remain, query))
    .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
    .map(({ kind, id }): Orphan => ({
      kind,
      id,
      remove: () => attempt(() => DELETIONS[kind].remove(clients, id, patience), patience),
      byHand: `${DELETIONS[kind].byHand} ${id} --region ${clients.region}`,
    }));
  const waiting = untagged.flat().map((orphan) => ({
    ...orphan,
    remove: () => attempt(() => orphan.remove(), patience),
    byHand: `${orphan.byHand} --region ${clients.region}`,
  }));
  return [...waiting, ...tagged];
}
