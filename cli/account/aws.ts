import * as balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import * as ec2 from '@aws-sdk/client-ec2';
import * as serviceQuotas from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsError } from '../../components/aws/client-errors';
import { clientOptions } from '../../components/aws/client-options';
import { typesByZone } from '../../components/aws/choose-zone';
import { describingErrors } from '../../components/cloud-client';
import type { LabConfig } from '../../components/config';
import { itemsIf } from '../../util/optional';
import type { Account, Quota } from './account';
import { awsOrphans } from './aws-orphans';
import { type AwsClients, balancers, instances, labResources } from './aws-resources';
import { type Needs, processorsOf } from './needs';

/**
 * Instance families that share one quota of processors. Graphics and other families have their own
 * quotas.
 */
const isStandard = (type: string): boolean => /^[acdhimrtz]\d/.test(type);

const described = describingErrors(awsError);

interface Clients extends AwsClients {
  quotas: serviceQuotas.ServiceQuotasClient;
}

/**
 * Returns the account's limit, or AWS's default limit; `undefined` if these credentials may not
 * read it.
 */
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

/** A quota that a lab uses. */
interface QuotaQuery {
  name: string;
  /** Codes of the service and of the quota in Service Quotas. */
  service: string;
  code: string;
  needed: number;
  used(): Promise<number>;
}

async function quotaOf(
  clients: Clients,
  { name, service, code, needed, used }: QuotaQuery,
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

/**
 * Returns the instance types that the lab's zone offers. An empty `zone` stands for the zone that
 * `up` would choose, or for the closest to it.
 */
async function offered(clients: Clients, zone: string, types: string[]): Promise<string[]> {
  const { InstanceTypeOfferings = [] } = await clients.ec2.send(
    new ec2.DescribeInstanceTypeOfferingsCommand({
      LocationType: 'availability-zone',
      Filters: [
        ...itemsIf(zone, { Name: 'location', Values: [zone] }),
        { Name: 'instance-type', Values: types },
      ],
    }),
  );
  if (zone) return InstanceTypeOfferings.flatMap(({ InstanceType }) => InstanceType ?? []);
  const offerings = InstanceTypeOfferings.map(({ Location = '', InstanceType = '' }) => ({
    zone: Location,
    type: InstanceType,
  }));
  const byZone = [...typesByZone({ region: clients.region, types, offerings }).values()];
  return byZone.reduce<string[]>((best, one) => (one.length > best.length ? one : best), []);
}

/** Returns the processors of each type that the lab's zone offers. */
async function processors(
  clients: Clients,
  zone: string,
  types: string[],
): Promise<Map<string, number>> {
  const there = await offered(clients, zone, types);
  if (there.length === 0) return new Map();
  const answer = await clients.ec2.send(
    new ec2.DescribeInstanceTypesCommand({ InstanceTypes: there as ec2._InstanceType[] }),
  );
  return new Map(
    (answer.InstanceTypes ?? []).map(({ InstanceType, VCpuInfo }) => [
      InstanceType!,
      VCpuInfo?.DefaultVCpus ?? 1,
    ]),
  );
}

/** Lists the quotas that labs with these needs use. */
function quotaQueries(clients: Clients, needs: Needs, byType: Map<string, number>): QuotaQuery[] {
  const standard = {
    ...needs,
    machines: new Map([...needs.machines].filter(([type]) => isStandard(type))),
  };
  const { ec2: client } = clients;
  const queries: QuotaQuery[] = [
    {
      ...{ name: 'processors of standard machines', service: 'ec2', code: 'L-1216C47A' },
      needed: processorsOf(standard, byType),
      used: () => processorsInUse(clients),
    },
    {
      ...{ name: 'VPCs', service: 'vpc', code: 'L-F678F1CE' },
      needed: needs.networks,
      used: async () => (await client.send(new ec2.DescribeVpcsCommand({}))).Vpcs?.length ?? 0,
    },
    {
      ...{ name: 'Elastic IP addresses', service: 'ec2', code: 'L-0263D0A3' },
      needed: needs.reservedAddresses,
      used: async () =>
        (await client.send(new ec2.DescribeAddressesCommand({}))).Addresses?.length ?? 0,
    },
  ];
  if (needs.loadBalancers > 0)
    queries.push({
      ...{ name: 'network load balancers', service: 'elasticloadbalancing', code: 'L-69A177A2' },
      needed: needs.loadBalancers,
      used: async () => (await balancers(clients)).filter(({ Type }) => Type === 'network').length,
    });
  return queries;
}

const FIRST_BALANCER =
  'This region has no load balancer yet. The first one in an account makes AWS create a service-linked role: your credentials need iam:CreateServiceLinkedRole (profile small needs no balancer).';

/** Returns the AWS account of the host's credentials. */
export function awsAccount({ region, zone }: LabConfig): Account {
  const options = clientOptions(region);
  const clients: Clients = {
    region,
    ec2: new ec2.EC2Client(options),
    balancing: new balancing.ElasticLoadBalancingV2Client(options),
    quotas: new serviceQuotas.ServiceQuotasClient(options),
  };
  return {
    who: () =>
      described(async () => {
        const { Arn, Account: number } = await new STSClient(options).send(
          new GetCallerIdentityCommand({}),
        );
        return `${Arn ?? number} in ${zone || region}`;
      }),
    processors: (types) => described(() => processors(clients, zone, types)),
    quotas: (needs: Needs, byType) =>
      described(() =>
        Promise.all(quotaQueries(clients, needs, byType).map((query) => quotaOf(clients, query))),
      ),
    notes: ({ loadBalancers }) =>
      described(async () =>
        itemsIf(loadBalancers > 0 && (await balancers(clients)).length === 0, FIRST_BALANCER),
      ),
    remains: (lab) => described(() => labResources(clients, lab)),
    orphans: (query) => described(() => awsOrphans(clients, query)),
    regions: () =>
      described(async () => {
        const { Regions = [] } = await clients.ec2.send(new ec2.DescribeRegionsCommand({}));
        return Regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
      }),
  };
}
