import { auth, compute, type compute_v1 } from '@googleapis/compute';
import { CloudError } from '../../components/cloud';
import type { LabConfig } from '../../components/config';
import { projectOf, regionOf } from '../../components/gcp/provider';
import type { Account, Quota, Remain } from './account';
import { type Needs, processorsOf } from './needs';
import { diskHourly, PRICES } from './prices';

const price = PRICES.gcp;

const last = (url: string | null | undefined): string => (url ?? '').split('/').pop()!;

/** An error of Google Cloud as a sentence for the user. */
export function gcpError(error: unknown): CloudError {
  const { message, status } = error as Error & { status?: number };
  if (/default credentials|invalid_grant|reauth/i.test(message) || status === 401) {
    return new CloudError(`Google Cloud does not know who you are (${message}): run \`gcloud auth application-default login\`.`);
  }
  if (status === 403) return new CloudError(`Your Google Cloud credentials may not do this (${message}): they need the role Compute Viewer, and the project the Compute Engine API.`);
  return new CloudError(`Google Cloud did not answer: ${message}`);
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CloudError ? error : gcpError(error);
  }
}

interface Place {
  api: compute_v1.Compute;
  project: string;
  region: string;
  zone: string;
}

/** Everything of one kind in all regions and zones: what an aggregated list has, page by page. */
async function everywhere<Item>(list: (pageToken: string | undefined) => Promise<{ items?: Record<string, object> | null; nextPageToken?: string | null }>, kind: string): Promise<Item[]> {
  const found: Item[] = [];
  let page: string | undefined;
  do {
    const { items, nextPageToken } = await list(page);
    found.push(...Object.values(items ?? {}).flatMap((scope) => (scope as Record<string, Item[]>)[kind] ?? []));
    page = nextPageToken ?? undefined;
  } while (page);
  return found;
}

async function processors({ api, project, zone }: Place, types: string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const machineType of types) {
    try {
      const { data } = await api.machineTypes.get({ project, zone, machineType });
      found.set(machineType, data.guestCpus ?? 1);
    } catch (error) {
      if ((error as { status?: number }).status !== 404) throw error;
    }
  }
  return found;
}

/** Machines of these families count in quotas of their own; all others in CPUS. */
const metricOf = (type: string): string => (/^(n2|n2d|c2|c2d|c3|m1|m2|a2|t2d)-/.exec(type)?.[1].toUpperCase().concat('_CPUS') ?? 'CPUS');

async function quotas({ api, project, region }: Place, needs: Needs, byType: Map<string, number>): Promise<Quota[]> {
  const ofRegion = (await api.regions.get({ project, region })).data.quotas ?? [];
  const ofProject = (await api.projects.get({ project })).data.quotas ?? [];
  const cpus = new Map<string, number>();
  for (const [type, count] of needs.machines) cpus.set(metricOf(type), (cpus.get(metricOf(type)) ?? 0) + count * (byType.get(type) ?? 0));
  const gib = [...needs.machines.values()].reduce((sum, count) => sum + count, 0) * needs.diskGib;
  const wanted: [compute_v1.Schema$Quota[], string, string, number][] = [
    ...[...cpus].map(([metric, needed]): [compute_v1.Schema$Quota[], string, string, number] => [ofRegion, metric, `processors (${metric}) in ${region}`, needed]),
    [ofProject, 'CPUS_ALL_REGIONS', 'processors in all regions', processorsOf(needs, byType)],
    [ofRegion, 'IN_USE_ADDRESSES', `addresses in use in ${region}`, needs.publicAddresses],
    [ofRegion, 'STATIC_ADDRESSES', `static addresses in ${region}`, needs.reservedAddresses],
    [ofRegion, 'SSD_TOTAL_GB', `GB of balanced and SSD disks in ${region}`, gib],
    [ofProject, 'NETWORKS', 'networks', needs.networks],
    [ofProject, 'FORWARDING_RULES', 'forwarding rules', needs.loadBalancers],
  ];
  const ask = `https://console.cloud.google.com/iam-admin/quotas?project=${project}`;
  return wanted.flatMap(([list, metric, name, needed]) => {
    const found = list.find((quota) => quota.metric === metric);
    // Not every project has every limit.
    return found && needed > 0 ? [{ name, limit: found.limit ?? 0, used: found.usage ?? 0, needed, ask }] : [];
  });
}

type Labels = Record<string, string> | null | undefined;

const remain = (kind: string, id: string | null | undefined, labels: Labels, hourly: number | undefined): Remain =>
  ({ lab: labels?.lab ?? '', student: labels?.student ?? '', expires: labels?.expires ?? '', kind, id: id ?? '', hourly });

const instanceHourly = ({ status, machineType, networkInterfaces }: compute_v1.Schema$Instance): number | undefined => {
  if (status !== 'RUNNING' && status !== 'STAGING' && status !== 'PROVISIONING') return 0;
  const hour = price.machines[last(machineType)];
  return hour && hour + (networkInterfaces?.some((one) => one.accessConfigs?.length) ? price.address : 0);
};

/** What has labels: machines, disks, addresses, forwarding rules. */
async function labelled({ api, project }: Place, filter: string): Promise<Remain[]> {
  const [machines, disks, addresses, rules] = await Promise.all([
    everywhere<compute_v1.Schema$Instance>(async (pageToken) => (await api.instances.aggregatedList({ project, filter, pageToken })).data, 'instances'),
    everywhere<compute_v1.Schema$Disk>(async (pageToken) => (await api.disks.aggregatedList({ project, filter, pageToken })).data, 'disks'),
    everywhere<compute_v1.Schema$Address>(async (pageToken) => (await api.addresses.aggregatedList({ project, filter, pageToken })).data, 'addresses'),
    everywhere<compute_v1.Schema$ForwardingRule>(async (pageToken) => (await api.forwardingRules.aggregatedList({ project, filter, pageToken })).data, 'forwardingRules'),
  ]);
  return [
    ...machines.map((one) => remain('instance', one.name, one.labels, instanceHourly(one))),
    ...disks.map((one) => remain('disk', one.name, one.labels, diskHourly('gcp', Number(one.sizeGb ?? 0)))),
    ...addresses.map((one) => remain('address', one.name, one.labels, price.address)),
    ...rules.map((one) => remain('forwarding rule', one.name, one.labels, price.loadBalancer)),
  ];
}

/** What can have no labels is found by its network, whose description names the lab, or by its own. */
async function unlabelled({ api, project }: Place, lab: string | undefined): Promise<Remain[]> {
  const named = (description: string | null | undefined): string => / of lab ([a-z0-9-]+)$/.exec(description ?? '')?.[1] ?? '';
  const [networks, firewalls, routes, subnets, pools, checks] = await Promise.all([
    api.networks.list({ project }).then(({ data }) => data.items ?? []),
    api.firewalls.list({ project }).then(({ data }) => data.items ?? []),
    api.routes.list({ project }).then(({ data }) => data.items ?? []),
    everywhere<compute_v1.Schema$Subnetwork>(async (pageToken) => (await api.subnetworks.aggregatedList({ project, pageToken })).data, 'subnetworks'),
    everywhere<compute_v1.Schema$TargetPool>(async (pageToken) => (await api.targetPools.aggregatedList({ project, pageToken })).data, 'targetPools'),
    api.httpHealthChecks.list({ project }).then(({ data }) => data.items ?? []),
  ]);
  const labOf = new Map(networks.map((network) => [network.name!, named(network.description)]));
  const inNetwork = (kind: string, items: { name?: string | null; network?: string | null }[]): Remain[] =>
    items.map(({ name, network }) => remain(kind, name, { lab: labOf.get(last(network)) ?? '' }, 0));
  const described = (kind: string, items: { name?: string | null; description?: string | null }[]): Remain[] =>
    items.map(({ name, description }) => remain(kind, name, { lab: named(description) }, 0));
  const all = [
    ...described('network', networks), ...inNetwork('firewall rule', firewalls), ...inNetwork('route', routes), ...inNetwork('subnet', subnets),
    ...described('target pool', pools), ...described('health check', checks),
  ];
  return all.filter((one) => (lab === undefined ? one.lab !== '' : one.lab === lab));
}

/** The Google Cloud project that a lab of this config is made in. */
export function gcpAccount(config: LabConfig): Account {
  const { zone } = config;
  const place: Place = {
    api: compute({ version: 'v1', auth: new auth.GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform.read-only', 'https://www.googleapis.com/auth/compute.readonly'] }) }),
    project: projectOf(config),
    region: regionOf(zone),
    zone,
  };
  return {
    who: () => told(async () => {
      const { name } = (await place.api.projects.get({ project: place.project })).data;
      return `project ${name} in ${zone}`;
    }),
    processors: (types) => told(() => processors(place, types)),
    quotas: (needs, byType) => told(() => quotas(place, needs, byType)),
    remains: (lab) => told(async () => (await Promise.all([labelled(place, lab ? `labels.lab = ${lab}` : 'labels.lab:*'), unlabelled(place, lab)])).flat()),
  };
}
