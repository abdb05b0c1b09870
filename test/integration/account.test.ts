/**
 * The account of `lab doctor --cloud aws` and `lab audit`, against moto. It answers over HTTP as EC2,
 * load balancing and STS do.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import * as ec2 from '@aws-sdk/client-ec2';
import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Account, OrphanQuery } from '../../cli/account/account';
import { awsAccount } from '../../cli/account/aws';
import { searchEverywhere } from '../../cli/account/everywhere';
import { needsOf } from '../../cli/account/needs';
import { readRoutes } from '../../components/aws/read-routes';
import { parseConfig } from '../../components/config';
import { type MotoServer, startMoto } from '../support/moto';
import { ownPlaces, typed } from '../support/typed';

const config = parseConfig({ cloud: 'aws', adminCidrs: '203.0.113.7/32', region: 'us-west-2' });
const STATE = '0a1b2c3d';
const tags = (lab: string): ec2.Tag[] => [
  { Key: 'hardway-lab', Value: lab },
  { Key: 'hardway-state', Value: STATE },
  { Key: 'student', Value: 's01' },
  { Key: 'expires', Value: '2030-01-01T00:00Z' },
];

jest.setTimeout(180_000);

let server: MotoServer;
let account: Account;
let client: ec2.EC2Client;
let balancer: balancing.ElasticLoadBalancingV2Client;

beforeAll(async () => {
  server = await startMoto((bin) => [path.join(bin, 'moto_server'), '-H', '127.0.0.1', '-p', '0']);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-west-2',
  });
  account = awsAccount(config);
  client = new ec2.EC2Client({ region: 'us-west-2' });
  balancer = new balancing.ElasticLoadBalancingV2Client({ region: 'us-west-2' });
});

afterAll(async () => {
  await server.stop();
  client.destroy();
  balancer.destroy();
});

/** Creates a small part of a lab: resources with and without a price. */
async function makeRemains(lab: string): Promise<{ vpc: string; instance: string }> {
  const of = (ResourceType: ec2.ResourceType): ec2.TagSpecification[] => [
    { ResourceType, Tags: tags(lab) },
  ];
  const { Vpc } = await client.send(
    new ec2.CreateVpcCommand({ CidrBlock: '10.240.0.0/24', TagSpecifications: of('vpc') }),
  );
  const { Subnet } = await client.send(
    new ec2.CreateSubnetCommand({
      VpcId: Vpc!.VpcId,
      CidrBlock: '10.240.0.0/24',
      TagSpecifications: of('subnet'),
    }),
  );
  const { Images } = await client.send(new ec2.DescribeImagesCommand({}));
  const { Instances } = await client.send(
    new ec2.RunInstancesCommand({
      ImageId: Images![0].ImageId,
      InstanceType: 't3.small',
      MinCount: 1,
      MaxCount: 1,
      SubnetId: Subnet!.SubnetId,
      TagSpecifications: of('instance'),
    }),
  );
  await client.send(
    new ec2.AllocateAddressCommand({ Domain: 'vpc', TagSpecifications: of('elastic-ip') }),
  );
  await balancer.send(
    new balancing.CreateLoadBalancerCommand({
      Name: lab,
      Type: 'network',
      Subnets: [Subnet!.SubnetId!],
      Tags: tags(lab) as balancing.Tag[],
    }),
  );
  return { vpc: Vpc!.VpcId!, instance: Instances![0].InstanceId! };
}

describe('an account of AWS', () => {
  test('returns the caller and the region', async () => {
    expect(await account.who()).toMatch(/^arn:aws:.* in us-west-2$/);
  });

  test('returns the processors of a type, and leaves out types that the region lacks', async () => {
    const found = await account.processors(['t3.small', 'z9.gigantic']);
    expect([...found]).toEqual([['t3.small', 2]]);
  });

  test('lists the resources of one lab with their prices', async () => {
    const { vpc, instance } = await makeRemains('aws-s01');
    await makeRemains('aws-s02');
    const found = await account.remains('aws-s01');
    expect(new Set(found.map(({ lab }) => lab))).toEqual(new Set(['aws-s01']));
    expect(found.map(({ kind }) => kind).sort()).toEqual([
      'elastic ip',
      'instance',
      'load balancer',
      'subnet',
      'vpc',
    ]);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: 'vpc',
          id: vpc,
          hourly: 0,
          student: 's01',
          expires: '2030-01-01T00:00Z',
        }),
        expect.objectContaining({ kind: 'elastic ip', hourly: 0.005 }),
        expect.objectContaining({ kind: 'load balancer', hourly: 0.0225 }),
      ]),
    );
    expect(found.find(({ id }) => id === instance)!.hourly).toBeGreaterThanOrEqual(0.0208);
    expect(new Set((await account.remains()).map(({ lab }) => lab))).toEqual(
      new Set(['aws-s01', 'aws-s02']),
    );
  });

  test('does not count a terminated instance, although its tags still exist', async () => {
    const { instance } = await makeRemains('aws-s03');
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [instance] }));
    expect((await account.remains('aws-s03')).map(({ kind }) => kind)).not.toContain('instance');
  });

  test('counts a reserved address once, even if an instance has it', async () => {
    const { instance } = await makeRemains('aws-s04');
    const { Addresses } = await client.send(
      new ec2.DescribeAddressesCommand({
        Filters: [{ Name: 'tag:hardway-lab', Values: ['aws-s04'] }],
      }),
    );
    await client.send(
      new ec2.AssociateAddressCommand({
        AllocationId: Addresses![0].AllocationId,
        InstanceId: instance,
      }),
    );
    const { Reservations } = await client.send(
      new ec2.DescribeInstancesCommand({ InstanceIds: [instance] }),
    );
    expect(Reservations![0].Instances![0].PublicIpAddress).toBe(Addresses![0].PublicIp);
    expect((await account.remains('aws-s04')).find(({ id }) => id === instance)!.hourly).toBe(
      0.0208,
    );
  });

  test('has quotas that include the use of other labs', async () => {
    const needs = needsOf(config);
    const quotas = new Map(
      (await account.quotas(needs, await account.processors([...needs.machines.keys()]))).map(
        (quota) => [quota.name, quota],
      ),
    );
    expect(quotas.get('VPCs')).toMatchObject({ needed: 1, limit: 5 });
    expect(quotas.get('VPCs')!.used).toBeGreaterThanOrEqual(3);
    // moto's instances of every type have one processor.
    expect(quotas.get('processors of standard machines')).toMatchObject({ needed: 12, used: 3 });
    expect(quotas.get('Elastic IP addresses')).toMatchObject({ needed: 1, used: 4 });
    expect(quotas.get('network load balancers')).toMatchObject({ needed: 1, used: 4 });
  });
});

describe('orphans of a lab on AWS', () => {
  const query = (lab: string, more: Partial<OrphanQuery> = {}): OrphanQuery => ({
    lab,
    state: STATE,
    known: new Set(),
    own: new Set(),
    pending: [],
    ...more,
  });

  test('are resources with its state’s tag that are missing in the state', async () => {
    const { vpc, instance } = await makeRemains('aws-s05');
    const found = await account.orphans(query('aws-s05', { known: new Set([vpc]) }));
    expect(found.map(({ kind }) => kind)).toEqual([
      'load balancer',
      'instance',
      'elastic ip',
      'subnet',
    ]);
    expect(found[1]).toMatchObject({
      id: instance,
      byHand: `aws ec2 terminate-instances --instance-ids ${instance} --region us-west-2`,
    });
  });

  test('do not include a lab with the same name and another state', async () => {
    expect(await account.orphans(query('aws-s05', { state: 'ffffffff' }))).toEqual([]);
    expect(await account.orphans(query('aws-s05', { state: '' }))).toEqual([]);
  });

  test('can be deleted in the given order, and then no longer exist', async () => {
    const orphans = await account.orphans(query('aws-s05'));
    expect(orphans.length).toBeGreaterThan(0);
    for (const orphan of orphans) await orphan.remove();
    expect(await account.remains('aws-s05')).toEqual([]);
  });

  test('include a route without tags that an interrupted create left', async () => {
    const { vpc } = await makeRemains('aws-s06');
    const { RouteTable } = await client.send(new ec2.CreateRouteTableCommand({ VpcId: vpc }));
    const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}));
    const GatewayId = InternetGateway!.InternetGatewayId;
    await client.send(
      new ec2.AttachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId: GatewayId }),
    );
    const routeTableId = RouteTable!.RouteTableId!;
    await client.send(
      new ec2.CreateRouteCommand({
        RouteTableId: routeTableId,
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId,
      }),
    );
    const pending = [
      {
        type: 'aws:ec2/route:Route',
        urn: 'urn',
        inputs: { routeTableId, destinationCidrBlock: '0.0.0.0/0' },
      },
    ];
    const [route] = await account.orphans(query('aws-s06', { pending }));
    expect(route).toMatchObject({ kind: 'route', id: `0.0.0.0/0 in ${routeTableId}` });
    await route.remove();
    const { RouteTables } = await client.send(
      new ec2.DescribeRouteTablesCommand({ RouteTableIds: [routeTableId] }),
    );
    expect(RouteTables![0].Routes!.map(({ DestinationCidrBlock }) => DestinationCidrBlock)).toEqual(
      ['10.240.0.0/24'],
    );
  });
});

/** Creates resources of the kinds that `makeRemains` lacks. Returns the load balancer's ARN. */
async function makeOrphans(lab: string): Promise<string> {
  const of = (ResourceType: ec2.ResourceType): ec2.TagSpecification[] => [
    { ResourceType, Tags: tags(lab) },
  ];
  const { vpc } = await makeRemains(lab);
  await client.send(
    new ec2.ImportKeyPairCommand({
      KeyName: lab,
      PublicKeyMaterial: Buffer.from(
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJtCYbyS1gmXUlZpBZM1ZxHoUuHOWfb7Dq2NEVP6oqG',
      ),
      TagSpecifications: of('key-pair'),
    }),
  );
  await client.send(
    new ec2.CreateSecurityGroupCommand({
      GroupName: lab,
      Description: lab,
      VpcId: vpc,
      TagSpecifications: of('security-group'),
    }),
  );
  const { InternetGateway } = await client.send(
    new ec2.CreateInternetGatewayCommand({ TagSpecifications: of('internet-gateway') }),
  );
  const { InternetGatewayId } = InternetGateway!;
  await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: vpc }));
  const { TargetGroups } = await balancer.send(
    new balancing.CreateTargetGroupCommand({
      Name: lab,
      Protocol: 'TCP',
      Port: 6443,
      VpcId: vpc,
      Tags: tags(lab) as balancing.Tag[],
    }),
  );
  const { LoadBalancers } = await balancer.send(
    new balancing.DescribeLoadBalancersCommand({ Names: [lab] }),
  );
  await balancer.send(
    new balancing.CreateListenerCommand({
      LoadBalancerArn: LoadBalancers![0].LoadBalancerArn,
      Protocol: 'TCP',
      Port: 6443,
      DefaultActions: [{ Type: 'forward', TargetGroupArn: TargetGroups![0].TargetGroupArn }],
      Tags: tags(lab) as balancing.Tag[],
    }),
  );
  return LoadBalancers![0].LoadBalancerArn!;
}

test('orphans of AWS include key pair, security group, gateway, target group and listener', async () => {
  const lab = 'aws-s09';
  const LoadBalancerArn = await makeOrphans(lab);
  const query: OrphanQuery = {
    lab,
    state: STATE,
    known: new Set(),
    own: new Set(),
    pending: [],
  };
  const orphans = await account.orphans(query);
  expect(orphans.map(({ kind }) => kind)).toEqual([
    'listener',
    'load balancer',
    'target group',
    'instance',
    'elastic ip',
    'key pair',
    'security group',
    'internet gateway',
    'subnet',
    'vpc',
  ]);
  // The state has only the balancer, as if the engine was killed while it created the listener.
  const known = new Set([LoadBalancerArn, ...orphans.slice(2).map(({ id }) => id), lab]);
  const [listener, ...others] = await account.orphans({ ...query, known });
  expect(others).toEqual([]);
  expect(listener.byHand).toBe(
    `aws elbv2 delete-listener --listener-arn ${listener.id} --region us-west-2`,
  );
  await listener.remove();
  const left = await balancer.send(new balancing.DescribeListenersCommand({ LoadBalancerArn }));
  expect(left.Listeners).toEqual([]);
  const sent = jest.spyOn(ec2.EC2Client.prototype, 'send');
  for (const orphan of orphans) await orphan.remove();
  const inputs = sent.mock.calls.map(([{ input }]) => input);
  sent.mockRestore();
  // moto deletes a key pair by its name only; AWS by its id, too.
  expect((await account.remains(lab)).map(({ kind }) => kind)).toEqual(['key pair']);
  const { id: KeyPairId } = orphans.find(({ kind }) => kind === 'key pair')!;
  expect(inputs).toContainEqual({ KeyPairId });
});

test('the note about the first load balancer appears only in a region without one', async () => {
  const empty = awsAccount({ ...config, region: 'sa-east-1' });
  const needs = needsOf(config);
  expect(await empty.notes(needs)).toEqual([
    expect.stringContaining('iam:CreateServiceLinkedRole'),
  ]);
  expect(await empty.notes({ ...needs, loadBalancers: 0 })).toEqual([]);
  await makeRemains('aws-s10');
  expect(await account.notes(needs)).toEqual([]);
  const query = { lab: 'aws-s10', state: STATE, known: new Set<string>(), own: new Set<string>() };
  for (const orphan of await account.orphans({ ...query, pending: [] })) await orphan.remove();
});

test('remains do not include a deleted volume, although its tags are still listed', async () => {
  const { VolumeId } = await client.send(
    new ec2.CreateVolumeCommand({
      AvailabilityZone: 'us-west-2a',
      Size: 1,
      TagSpecifications: [{ ResourceType: 'volume', Tags: tags('aws-s07') }],
    }),
  );
  expect(await account.remains('aws-s07')).toHaveLength(1);
  await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
  expect(await account.remains('aws-s07')).toEqual([]);
});

test('an audit of a cloud finds a lab in a region other than the default one', async () => {
  const frankfurt = new ec2.EC2Client({ region: 'eu-central-1' });
  const { Vpc } = await frankfurt.send(
    new ec2.CreateVpcCommand({
      CidrBlock: '10.240.0.0/24',
      TagSpecifications: [{ ResourceType: 'vpc', Tags: tags('aws-far') }],
    }),
  );
  const { found, searched } = await searchEverywhere('aws', undefined);
  expect(searched).toContain('eu-central-1');
  expect(found.filter(({ lab }) => lab === 'aws-far')).toMatchObject([
    { kind: 'vpc', id: Vpc!.VpcId, place: 'eu-central-1' },
  ]);
  frankfurt.destroy();
});

test('route.vpc reads route tables with the address of each interface', async () => {
  const { vpc, instance } = await makeRemains('aws-s08');
  const { Reservations } = await client.send(
    new ec2.DescribeInstancesCommand({ InstanceIds: [instance] }),
  );
  const [{ NetworkInterfaceId, PrivateIpAddress }] =
    Reservations![0].Instances![0].NetworkInterfaces!;
  const { RouteTable } = await client.send(
    new ec2.CreateRouteTableCommand({
      VpcId: vpc,
      TagSpecifications: [{ ResourceType: 'route-table', Tags: tags('aws-s08') }],
    }),
  );
  await client.send(
    new ec2.CreateRouteCommand({
      RouteTableId: RouteTable!.RouteTableId,
      DestinationCidrBlock: '10.200.0.0/24',
      NetworkInterfaceId,
    }),
  );
  expect(await readRoutes('aws-s08', 'us-west-2')).toContainEqual({
    table: RouteTable!.RouteTableId,
    destination: '10.200.0.0/24',
    target: NetworkInterfaceId,
    address: PrivateIpAddress,
    state: 'active',
  });
});

describe('./lab doctor --cloud aws', () => {
  // moto has AWS's default limits. A new account has lower ones.
  let limits: Record<string, number>;
  let quotas: http.Server;
  ownPlaces();
  beforeAll(async () => {
    quotas = http.createServer((request, response) => {
      let body = '';
      request
        .on('data', (part) => void (body += String(part)))
        .on('end', () => {
          const { ServiceCode, QuotaCode } = JSON.parse(body) as {
            ServiceCode: string;
            QuotaCode: string;
          };
          response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
          response.end(
            JSON.stringify({ Quota: { ServiceCode, QuotaCode, Value: limits[QuotaCode] ?? 50 } }),
          );
        });
    });
    await new Promise<void>((resolve) => void quotas.listen(0, '127.0.0.1', resolve));
    process.env.AWS_ENDPOINT_URL_SERVICE_QUOTAS = `http://127.0.0.1:${(quotas.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL_SERVICE_QUOTAS;
    quotas.closeAllConnections();
    await new Promise((resolve) => quotas.close(resolve));
  });

  test('finds nothing to do if all quotas suffice, and prints the price', async () => {
    limits = {};
    const { code, printed } = await typed('doctor --cloud aws');
    expect(printed).toMatch(/^ok {4}Credentials +arn:aws:.* in us-west-2$/m);
    expect(printed).toMatch(/^ok {4}Price +about \$0\.\d\d an hour/m);
    expect([code, printed.split('\n').pop()]).toEqual([0, 'The account at AWS can run a lab.']);
  });

  test('names profile small to a new account with quotas too small for a whole lab', async () => {
    limits = { 'L-1216C47A': 11 };
    const { code, printed } = await typed('doctor --cloud aws');
    expect(code).toBe(3);
    expect(printed).toMatch(
      /^FAIL {2}Quota: processors of standard machines +12 needed, \d of 11 free\n +To do: a smaller lab fits: --set profile=small/m,
    );
    expect((await typed('doctor --cloud aws --set profile=small')).code).toBe(0);
  });
});
