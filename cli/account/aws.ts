import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import * as serviceQuotas from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsError } from '../../components/aws/client-errors';
import { describingErrors, gathered } from '../../components/cloud-client';
import type { LabConfig } from '../../components/config';
import type { Account, Quota, Remain } from './account';
import { type Needs, processorsOf } from './needs';
import { diskHourly, PRICES } from './prices';

const price = PRICES.aws;

/** Machine types that AWS counts in one quota of processors; those of graphics and the like have others. */
const isStandard = (type: string): boolean => /^[acdhimrtz]\d/.test(type);

const inUse: ec2.Filter = {
  Name: 'instance-state-name',
  Values: ['pending', 'running', 'stopping', 'stopped', 'shutting-down'],
};

const told = describingErrors(awsError);

interface Clients {
  region: string;
  ec2: ec2.EC2Client;
  balancing: balancing.ElasticLoadBalancingV2Client;
  quotas: serviceQuotas.ServiceQuotasClient;
}

const instances = ({ ec2: client }: Clients, Filters: ec2.Filter[]): Promise<ec2.Instance[]> =>
  gathered(ec2.paginateDescribeInstances({ client }, { Filters }), ({ Reservations = [] }) =>
    Reservations.flatMap((reservation) => reservation.Instances ?? []),
  );

const balancers = ({ balancing: client }: Clients): Promise<balancing.LoadBalancer[]> =>
  gathered(
    balancing.paginateDescribeLoadBalancers({ client }, {}),
    ({ LoadBalancers }) => LoadBalancers,
  );

/** The account's own limit; AWS's usual one where it never asked for another; undefined where it may not be asked. */
async function limit(
  { quotas }: Clients,
  ServiceCode: string,
  QuotaCode: string,
): Promise<number | undefined> {
  const code = { ServiceCode, QuotaCode };
  const found = await quotas
    .send(new serviceQuotas.GetServiceQuotaCommand(code))
    .catch(() => quotas.send(new serviceQuotas.GetAWSDefaultServiceQuotaCommand(code)))
    .catch(() => undefined);
  return found?.Quota?.Value;
}

async function quota(
  clients: Clients,
  name: string,
  service: string,
  code: string,
  needed: number,
  used: () => Promise<number>,
): Promise<Quota> {
  const ask = `https://${clients.region}.console.aws.amazon.com/servicequotas/home/services/${service}/quotas/${code}`;
  return { name, limit: await limit(clients, service, code), used: await used(), needed, ask };
}

async function processorsInUse(clients: Clients): Promise<number> {
  const running = await instances(clients, [
    { Name: 'instance-state-name', Values: ['pending', 'running'] },
  ]);
  return running
    .filter(({ InstanceType }) => isStandard(InstanceType ?? ''))
    .reduce(
      (sum, { CpuOptions }) =>
        sum + (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1),
      0,
    );
}

async function processors(
  clients: Clients,
  zone: string,
  types: string[],
): Promise<Map<string, number>> {
  const place = zone || clients.region;
  const offered = await clients.ec2.send(
    new ec2.DescribeInstanceTypeOfferingsCommand({
      LocationType: zone ? 'availability-zone' : 'region',
      Filters: [
        { Name: 'location', Values: [place] },
        { Name: 'instance-type', Values: types },
      ],
    }),
  );
  const there = (offered.InstanceTypeOfferings ?? []).flatMap(
    ({ InstanceType }) => InstanceType ?? [],
  );
  if (there.length === 0) return new Map();
  const described = await clients.ec2.send(
    new ec2.DescribeInstanceTypesCommand({ InstanceTypes: there }),
  );
  return new Map(
    (described.InstanceTypes ?? []).map(({ InstanceType, VCpuInfo }) => [
      InstanceType!,
      VCpuInfo?.DefaultVCpus ?? 1,
    ]),
  );
}

type Tags = Record<string, string>;

const remain = (kind: string, id: string, tags: Tags, hourly: number | undefined): Remain => ({
  lab: tags.lab,
  student: tags.student ?? '',
  expires: tags.expires ?? '',
  kind,
  id,
  hourly,
});

/** By id, the tags of everything in EC2 that a lab's tag names, and what it is: `vpc`, `elastic-ip`. */
async function taggedInEc2(
  clients: Clients,
  lab: string | undefined,
): Promise<Map<string, { kind: string; tags: Tags }>> {
  const found = new Map<string, { kind: string; tags: Tags }>();
  for await (const page of ec2.paginateDescribeTags(
    { client: clients.ec2 },
    { Filters: [{ Name: 'key', Values: ['lab', 'student', 'expires'] }] },
  )) {
    for (const { ResourceId = '', ResourceType = '', Key = '', Value = '' } of page.Tags ?? []) {
      const kind = ResourceId.startsWith('eipalloc-') ? 'elastic-ip' : ResourceType;
      const known = found.get(ResourceId) ?? { kind, tags: {} };
      known.tags[Key] = Value;
      found.set(ResourceId, known);
    }
  }
  return new Map(
    [...found].filter(([, { tags }]) =>
      lab === undefined ? tags.lab !== undefined : tags.lab === lab,
    ),
  );
}

async function remainsInEc2(clients: Clients, lab: string | undefined): Promise<Remain[]> {
  const tagged = await taggedInEc2(clients, lab);
  const byTag = { Name: 'tag-key', Values: ['lab'] };
  const machines = new Map(
    (await instances(clients, [byTag, inUse])).map((instance) => [instance.InstanceId!, instance]),
  );
  const disks = await gathered(
    ec2.paginateDescribeVolumes({ client: clients.ec2 }, { Filters: [byTag] }),
    ({ Volumes }) => Volumes,
  );
  const { Addresses = [] } = await clients.ec2.send(
    new ec2.DescribeAddressesCommand({ Filters: [byTag] }),
  );
  // They are told by themselves, and cost the same with a machine and without.
  const elastic = new Set(Addresses.map(({ PublicIp }) => PublicIp));
  const volumes = new Map(disks.map(({ VolumeId, Size }) => [VolumeId!, Size ?? 0]));
  const costs: Record<string, (id: string) => number | undefined> = {
    instance(id) {
      const { State, InstanceType = '', PublicIpAddress } = machines.get(id)!;
      if (State?.Name !== 'running' && State?.Name !== 'pending') return 0;
      const hour = price.machines[InstanceType];
      return hour && hour + (PublicIpAddress && !elastic.has(PublicIpAddress) ? price.address : 0);
    },
    volume: (id) => diskHourly('aws', volumes.get(id) ?? 0),
    'elastic-ip': () => price.address,
  };
  return (
    [...tagged]
      // Of a machine that is no more the tags stay for an hour.
      .filter(([id, { kind }]) => kind !== 'instance' || machines.has(id))
      .map(([id, { kind, tags }]) =>
        remain(kind.replace(/-/g, ' '), id, tags, (costs[kind] ?? (() => 0))(id)),
      )
  );
}

async function remainsInBalancing(clients: Clients, lab: string | undefined): Promise<Remain[]> {
  const { balancing: client } = clients;
  const groups = await gathered(
    balancing.paginateDescribeTargetGroups({ client }, {}),
    ({ TargetGroups }) => TargetGroups,
  );
  const all = [
    ...(await balancers(clients)).map(({ LoadBalancerArn }) => ({
      arn: LoadBalancerArn!,
      kind: 'load balancer',
      hourly: price.loadBalancer,
    })),
    ...groups.map(({ TargetGroupArn }) => ({
      arn: TargetGroupArn!,
      kind: 'target group',
      hourly: 0,
    })),
  ];
  const found: Remain[] = [];
  // It tells the tags of twenty at a time.
  for (let first = 0; first < all.length; first += 20) {
    const some = all.slice(first, first + 20);
    const { TagDescriptions = [] } = await client.send(
      new balancing.DescribeTagsCommand({ ResourceArns: some.map(({ arn }) => arn) }),
    );
    for (const { ResourceArn, Tags: list = [] } of TagDescriptions) {
      const tags: Tags = Object.fromEntries(list.map(({ Key, Value }) => [Key!, Value ?? '']));
      const { kind, hourly } = some.find(({ arn }) => arn === ResourceArn)!;
      if (lab === undefined ? tags.lab !== undefined : tags.lab === lab)
        found.push(remain(kind, ResourceArn!.split(':').pop()!, tags, hourly));
    }
  }
  return found;
}

/** The AWS account that this machine's credentials are for. */
export function awsAccount({ region, zone }: LabConfig): Account {
  // What Node the SDK will want next year is nothing that doctor's reader can mend.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const options = { region, maxAttempts: 3 };
  const clients: Clients = {
    region,
    ec2: new ec2.EC2Client(options),
    balancing: new balancing.ElasticLoadBalancingV2Client(options),
    quotas: new serviceQuotas.ServiceQuotasClient(options),
  };
  return {
    who: () =>
      told(async () => {
        const { Arn, Account: number } = await new STSClient(options).send(
          new GetCallerIdentityCommand({}),
        );
        return `${Arn ?? number} in ${zone || region}`;
      }),
    processors: (types) => told(() => processors(clients, zone, types)),
    quotas: (needs: Needs, byType) =>
      told(async () => {
        const standard = {
          ...needs,
          machines: new Map([...needs.machines].filter(([type]) => isStandard(type))),
        };
        const cores = processorsOf(standard, byType);
        const send = clients.ec2;
        return Promise.all([
          quota(clients, 'processors of standard machines', 'ec2', 'L-1216C47A', cores, () =>
            processorsInUse(clients),
          ),
          quota(
            clients,
            'VPCs',
            'vpc',
            'L-F678F1CE',
            needs.networks,
            async () => (await send.send(new ec2.DescribeVpcsCommand({}))).Vpcs?.length ?? 0,
          ),
          quota(
            clients,
            'Elastic IP addresses',
            'ec2',
            'L-0263D0A3',
            needs.reservedAddresses,
            async () =>
              (await send.send(new ec2.DescribeAddressesCommand({}))).Addresses?.length ?? 0,
          ),
          ...(needs.loadBalancers > 0
            ? [
                quota(
                  clients,
                  'network load balancers',
                  'elasticloadbalancing',
                  'L-69A177A2',
                  needs.loadBalancers,
                  async () =>
                    (await balancers(clients)).filter(({ Type }) => Type === 'network').length,
                ),
              ]
            : []),
        ]);
      }),
    remains: (lab) =>
      told(async () =>
        (await Promise.all([remainsInEc2(clients, lab), remainsInBalancing(clients, lab)])).flat(),
      ),
  };
}
