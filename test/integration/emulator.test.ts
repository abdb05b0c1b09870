/** The rehearsal's emulated AWS: differences of moto that are repaired, and refusals that are added. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import { root } from '../../util/repo-root';
import { type MotoServer, startMoto } from '../support/moto';

jest.setTimeout(180_000);

const PUBLIC = /^198\.18\.[0-3]\.\d+$/;

let server: MotoServer;
let directory: string;
let api: ec2.EC2Client;
let balancer: balancing.ElasticLoadBalancingV2Client;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'emulator-'));
  const program = path.join(root, 'rehearsal/aws/emulator/server.py');
  const files = [path.join(directory, 'world.json'), path.join(directory, 'calls.log')];
  server = await startMoto(() => [program, '127.0.0.1', '0', ...files]);
  const options = {
    region: 'us-west-2',
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  api = new ec2.EC2Client(options);
  balancer = new balancing.ElasticLoadBalancingV2Client(options);
});

afterAll(async () => {
  api.destroy();
  balancer.destroy();
  await server.stop();
  fs.rmSync(directory, { recursive: true });
});

const PUBLIC_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2mO2L3zBsaMuDlfb2Fqk9TQ0k3a0b7HrPc5iI9D2vN';

/** Makes a network with one subnet and one security group. */
async function makeNetwork(): Promise<{ vpc: string; subnet: string; group: string }> {
  const { Vpc } = await api.send(new ec2.CreateVpcCommand({ CidrBlock: '10.240.0.0/24' }));
  const vpc = Vpc!.VpcId!;
  const { Subnet } = await api.send(
    new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.240.0.0/24' }),
  );
  const { GroupId } = await api.send(
    new ec2.CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'nodes', Description: 'nodes' }),
  );
  return { vpc, subnet: Subnet!.SubnetId!, group: GroupId! };
}

interface Place {
  subnet: string;
  group: string;
}

/** Starts an instance at an address, as the provider does for one with a public address. */
async function runInstance({ subnet, group }: Place, address: string): Promise<string> {
  const { Images } = await api.send(new ec2.DescribeImagesCommand({}));
  const { Instances } = await api.send(
    new ec2.RunInstancesCommand({
      ImageId: Images![0].ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: subnet,
          Groups: [group],
          PrivateIpAddress: address,
          AssociatePublicIpAddress: true,
        },
      ],
    }),
  );
  return Instances![0].InstanceId!;
}

async function describeInstance(id: string): Promise<ec2.Instance> {
  const { Reservations } = await api.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations![0].Instances![0];
}

/** Name and HTTP status of the error that a call is refused with. */
const refusal = (call: Promise<unknown>): Promise<[string, number | undefined]> =>
  call.then(
    () => ['accepted', undefined],
    (error: ec2.EC2ServiceException) => [error.name, error.$metadata.httpStatusCode],
  );

describe('the emulated EC2', () => {
  test('deletes a key pair by its id', async () => {
    const { KeyPairId } = await api.send(
      new ec2.ImportKeyPairCommand({
        KeyName: 'lab',
        PublicKeyMaterial: Buffer.from(PUBLIC_KEY),
      }),
    );
    await api.send(new ec2.DeleteKeyPairCommand({ KeyPairId }));
    expect((await api.send(new ec2.DescribeKeyPairsCommand({}))).KeyPairs).toEqual([]);
  });

  test('gives out addresses of the range for tests', async () => {
    const { PublicIp } = await api.send(new ec2.AllocateAddressCommand({ Domain: 'vpc' }));
    expect(PublicIp).toMatch(PUBLIC);
    const id = await runInstance(await makeNetwork(), '10.240.0.10');
    expect((await describeInstance(id)).PublicIpAddress).toMatch(PUBLIC);
  });

  test('shows the groups of an instance’s interface as the instance’s own', async () => {
    const network = await makeNetwork();
    const id = await runInstance(network, '10.240.0.10');
    const { SecurityGroups, NetworkInterfaces } = await describeInstance(id);
    expect(SecurityGroups).toMatchObject([{ GroupId: network.group }]);
    expect(NetworkInterfaces![0].Groups).toMatchObject([{ GroupId: network.group }]);
  });

  test('keeps one source/destination check for an instance and its interface', async () => {
    const id = await runInstance(await makeNetwork(), '10.240.0.10');
    await api.send(
      new ec2.ModifyInstanceAttributeCommand({ InstanceId: id, SourceDestCheck: { Value: false } }),
    );
    const { SourceDestCheck, NetworkInterfaces } = await describeInstance(id);
    expect([SourceDestCheck, NetworkInterfaces![0].SourceDestCheck]).toEqual([false, false]);
  });

  test('gives an interface without a public address no association', async () => {
    const { subnet } = await makeNetwork();
    const { NetworkInterface } = await api.send(
      new ec2.CreateNetworkInterfaceCommand({ SubnetId: subnet }),
    );
    expect(NetworkInterface!.Association).toBeUndefined();
  });

  test('refuses an address in use with HTTP 400', async () => {
    const network = await makeNetwork();
    await runInstance(network, '10.240.0.10');
    expect(await refusal(runInstance(network, '10.240.0.10'))).toEqual([
      'InvalidIPAddress.InUse',
      400,
    ]);
  });

  test('frees the interface and the address of a terminated instance', async () => {
    const network = await makeNetwork();
    const id = await runInstance(network, '10.240.0.10');
    await api.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    const next = await runInstance(network, '10.240.0.10');
    expect((await describeInstance(next)).PrivateIpAddress).toBe('10.240.0.10');
  });

  test('lists no tags of a deleted volume', async () => {
    const { VolumeId } = await api.send(
      new ec2.CreateVolumeCommand({
        AvailabilityZone: 'us-west-2a',
        Size: 1,
        TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'lab', Value: 'a' }] }],
      }),
    );
    const tags = new ec2.DescribeTagsCommand({
      Filters: [{ Name: 'resource-id', Values: [VolumeId!] }],
    });
    expect((await api.send(tags)).Tags).toHaveLength(1);
    await api.send(new ec2.DeleteVolumeCommand({ VolumeId }));
    expect((await api.send(tags)).Tags).toEqual([]);
  });

  test('keeps the description of a reservation', async () => {
    const { subnet } = await makeNetwork();
    const { SubnetCidrReservation } = await api.send(
      new ec2.CreateSubnetCidrReservationCommand({
        SubnetId: subnet,
        Cidr: '10.240.0.16/28',
        ReservationType: 'explicit',
        Description: 'Nodes',
      }),
    );
    expect(SubnetCidrReservation!.Description).toBe('Nodes');
  });

  test('refuses to delete the group and the subnet of an instance', async () => {
    const { subnet, group } = await makeNetwork();
    await runInstance({ subnet, group }, '10.240.0.10');
    const calls = [
      api.send(new ec2.DeleteSecurityGroupCommand({ GroupId: group })),
      api.send(new ec2.DeleteSubnetCommand({ SubnetId: subnet })),
    ];
    const [ofGroup, ofSubnet] = await Promise.all(calls.map(refusal));
    expect([ofGroup[0], ofSubnet[0]]).toEqual(['DependencyViolation', 'DependencyViolation']);
  });
});

/** Makes a VPC with an IPv6 network of Amazon, and a subnet with a part of it. */
async function makeDualStack(): Promise<Place & { vpc: string; cidr6: string; subnet6: string }> {
  const { Vpc } = await api.send(
    new ec2.CreateVpcCommand({ CidrBlock: '10.240.0.0/24', AmazonProvidedIpv6CidrBlock: true }),
  );
  const vpc = Vpc!.VpcId!;
  const { Vpcs } = await api.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpc] }));
  const cidr6 = Vpcs![0].Ipv6CidrBlockAssociationSet![0].Ipv6CidrBlock!;
  const subnet6 = cidr6.replace('/56', '/64');
  const { Subnet } = await api.send(
    new ec2.CreateSubnetCommand({
      ...{ VpcId: vpc, CidrBlock: '10.240.0.0/24', Ipv6CidrBlock: subnet6 },
    }),
  );
  const { GroupId } = await api.send(
    new ec2.CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'nodes', Description: 'nodes' }),
  );
  return { vpc, cidr6, subnet6, subnet: Subnet!.SubnetId!, group: GroupId! };
}

/** Starts an instance with an IPv6 address: of its interface, or named beside its subnet. */
async function runWithIpv6(
  { subnet }: Place,
  Ipv6Address: string,
  isBeside = false,
): Promise<string | undefined> {
  const { Images } = await api.send(new ec2.DescribeImagesCommand({}));
  const Ipv6Addresses = [{ Ipv6Address }];
  const { Instances } = await api.send(
    new ec2.RunInstancesCommand({
      ...{ ImageId: Images![0].ImageId, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 },
      ...(isBeside
        ? { SubnetId: subnet, Ipv6Addresses }
        : { NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnet, Ipv6Addresses }] }),
    }),
  );
  const { NetworkInterfaces } = await describeInstance(Instances![0].InstanceId!);
  return NetworkInterfaces![0].Ipv6Addresses?.[0]?.Ipv6Address;
}

describe('IPv6 of the emulated EC2', () => {
  test('is associated with a subnet at once', async () => {
    const { subnet, subnet6 } = await makeDualStack();
    const { Subnets } = await api.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [subnet] }));
    expect(Subnets![0].Ipv6CidrBlockAssociationSet).toMatchObject([
      { Ipv6CidrBlock: subnet6, Ipv6CidrBlockState: { State: 'associated' } },
    ]);
  });

  test('comes from the range for documentation', async () => {
    expect((await makeDualStack()).cidr6).toMatch(/^2001:db8:0:[0-9a-f]{1,2}00::\/56$/);
  });

  test('is given to instances as RunInstances names it, in both places', async () => {
    const place = await makeDualStack();
    const [one, other] = ['20', '21'].map((host) => place.subnet6.replace('/64', host));
    expect(await runWithIpv6(place, one)).toBe(one);
    expect(await runWithIpv6(place, other, true)).toBe(other);
  });

  test('is refused outside of the subnet, and twice', async () => {
    const place = await makeDualStack();
    const address = place.subnet6.replace('/64', '20');
    await runWithIpv6(place, address);
    expect((await refusal(runWithIpv6(place, address)))[0]).toBe('InvalidParameterValue');
    expect((await refusal(runWithIpv6(place, '2001:db8:ffff::1')))[0]).toBe(
      'InvalidParameterValue',
    );
  });

  test('has routes to every network but parts of the VPC and of fd00:ec2::/32', async () => {
    const { vpc, cidr6, subnet } = await makeDualStack();
    const { NetworkInterface } = await api.send(
      new ec2.CreateNetworkInterfaceCommand({ SubnetId: subnet }),
    );
    const { RouteTable } = await api.send(new ec2.CreateRouteTableCommand({ VpcId: vpc }));
    const routed = async (DestinationIpv6CidrBlock: string): Promise<string> => {
      const route = new ec2.CreateRouteCommand({
        ...{ RouteTableId: RouteTable!.RouteTableId, DestinationIpv6CidrBlock },
        NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId,
      });
      return (await refusal(api.send(route)))[0];
    };
    expect(await routed('fd00:10:200:1::/64')).toBe('accepted');
    expect(await routed('fd00:ec2:1::/64')).toBe('InvalidParameterValue');
    expect(await routed(cidr6.replace('00::/56', '07::/64'))).toBe('InvalidParameterValue');
  });

  test('stays with a VPC while a subnet has a part of it', async () => {
    const { vpc } = await makeDualStack();
    const { Vpcs } = await api.send(new ec2.DescribeVpcsCommand({ VpcIds: [vpc] }));
    const { AssociationId } = Vpcs![0].Ipv6CidrBlockAssociationSet![0];
    const call = api.send(new ec2.DisassociateVpcCidrBlockCommand({ AssociationId }));
    expect((await refusal(call))[0]).toBe('InvalidCidrBlock.InUse');
  });
});

test('an emulated network balancer has an interface, and the Elastic IP given to it', async () => {
  const { subnet, group } = await makeNetwork();
  const { AllocationId, PublicIp } = await api.send(
    new ec2.AllocateAddressCommand({ Domain: 'vpc' }),
  );
  const { LoadBalancers } = await balancer.send(
    new balancing.CreateLoadBalancerCommand({
      Name: 'api',
      Type: 'network',
      SecurityGroups: [group],
      SubnetMappings: [{ SubnetId: subnet, AllocationId }],
    }),
  );
  const [{ LoadBalancerArn, Scheme, AvailabilityZones }] = LoadBalancers!;
  expect(LoadBalancerArn).toContain(':loadbalancer/net/api/');
  expect(Scheme).toBe('internet-facing');
  expect(AvailabilityZones![0].LoadBalancerAddresses).toMatchObject([
    { IpAddress: PublicIp, AllocationId },
  ]);
  expect(await refusal(api.send(new ec2.ReleaseAddressCommand({ AllocationId })))).toEqual([
    'InvalidIPAddress.InUse',
    400,
  ]);
});
