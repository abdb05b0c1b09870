import type { compute_v1 } from '@googleapis/compute';
import type { LabConfig } from '../../components/config';
import { projectOf, regionOf } from '../../components/gcp/credentials';
import { type Account, type Quota, type Remain, telling } from './account';
import { all, computeApi, everywhere, gcpError } from './gcp-client';
import { type Needs, processorsOf } from './needs';
import { diskHourly, PRICES } from './prices';

const price = PRICES.gcp;

const last = (url: string | null | undefined): string => (url ?? '').split('/').pop()!;

const told = telling(gcpError);

interface Place {
  api: compute_v1.Compute;
  project: string;
  region: string;
  zone: string;
}

async function processors(
  { api, project, zone }: Place,
  types: string[],
): Promise<Map<string, number>> {
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
const metricOf = (type: string): string =>
  /^(n2|n2d|c2|c2d|c3|m1|m2|a2|t2d)-/.exec(type)?.[1].toUpperCase().concat('_CPUS') ?? 'CPUS';

async function quotas(
  { api, project, region }: Place,
  needs: Needs,
  byType: Map<string, number>,
): Promise<Quota[]> {
  const ofRegion = (await api.regions.get({ project, region })).data.quotas ?? [];
  const ofProject = (await api.projects.get({ project })).data.quotas ?? [];
  const cpus = new Map<string, number>();
  for (const [type, count] of needs.machines)
    cpus.set(metricOf(type), (cpus.get(metricOf(type)) ?? 0) + count * (byType.get(type) ?? 0));
  const gib = [...needs.machines.values()].reduce((sum, count) => sum + count, 0) * needs.diskGib;
  const wanted: [compute_v1.Schema$Quota[], string, string, number][] = [
    ...[...cpus].map(([metric, needed]): [compute_v1.Schema$Quota[], string, string, number] => [
      ofRegion,
      metric,
      `processors (${metric}) in ${region}`,
      needed,
    ]),
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
    return found && needed > 0
      ? [{ name, limit: found.limit ?? 0, used: found.usage ?? 0, needed, ask }]
      : [];
  });
}

type Labels = Record<string, string> | null | undefined;

const remain = (
  kind: string,
  id: string | null | undefined,
  labels: Labels,
  hourly: number | undefined,
): Remain => ({
  lab: labels?.lab ?? '',
  student: labels?.student ?? '',
  expires: labels?.expires ?? '',
  kind,
  id: id ?? '',
  hourly,
});

/** The addresses that are told by themselves cost nothing with their machine. */
function instanceHourly(
  { status, machineType, networkInterfaces }: compute_v1.Schema$Instance,
  reserved: Set<string>,
): number | undefined {
  if (status !== 'RUNNING' && status !== 'STAGING' && status !== 'PROVISIONING') return 0;
  const hour = price.machines[last(machineType)];
  const own =
    networkInterfaces
      ?.flatMap(({ accessConfigs }) => accessConfigs ?? [])
      .filter(({ natIP }) => !reserved.has(natIP ?? '')) ?? [];
  return hour && hour + own.length * price.address;
}

const addressHourly = ({ status }: compute_v1.Schema$Address): number =>
  status === 'IN_USE' ? price.address : price.idleAddress;

/** What has labels: machines, disks, addresses, forwarding rules. */
async function labelled({ api, project }: Place, filter: string): Promise<Remain[]> {
  const [machines, disks, addresses, rules] = await Promise.all([
    everywhere(
      (pageToken) => api.instances.aggregatedList({ project, filter, pageToken }),
      (scope) => scope.instances,
    ),
    everywhere(
      (pageToken) => api.disks.aggregatedList({ project, filter, pageToken }),
      (scope) => scope.disks,
    ),
    everywhere(
      (pageToken) => api.addresses.aggregatedList({ project, filter, pageToken }),
      (scope) => scope.addresses,
    ),
    everywhere(
      (pageToken) => api.forwardingRules.aggregatedList({ project, filter, pageToken }),
      (scope) => scope.forwardingRules,
    ),
  ]);
  const reserved = new Set(addresses.flatMap(({ address }) => address ?? []));
  return [
    ...machines.map((one) =>
      remain('instance', one.name, one.labels, instanceHourly(one, reserved)),
    ),
    ...disks.map((one) =>
      remain('disk', one.name, one.labels, diskHourly('gcp', Number(one.sizeGb ?? 0))),
    ),
    ...addresses.map((one) => remain('address', one.name, one.labels, addressHourly(one))),
    ...rules.map((one) => remain('forwarding rule', one.name, one.labels, price.loadBalancer)),
  ];
}

/** What can have no labels is found by its network, whose description names the lab, or by its own. */
async function unlabelled({ api, project }: Place, lab: string | undefined): Promise<Remain[]> {
  const named = (description: string | null | undefined): string =>
    / of lab ([a-z0-9-]+)$/.exec(description ?? '')?.[1] ?? '';
  const [networks, firewalls, routes, subnets, pools, checks] = await Promise.all([
    all((pageToken) => api.networks.list({ project, pageToken })),
    all((pageToken) => api.firewalls.list({ project, pageToken })),
    all((pageToken) => api.routes.list({ project, pageToken })),
    everywhere(
      (pageToken) => api.subnetworks.aggregatedList({ project, pageToken }),
      (scope) => scope.subnetworks,
    ),
    everywhere(
      (pageToken) => api.targetPools.aggregatedList({ project, pageToken }),
      (scope) => scope.targetPools,
    ),
    all((pageToken) => api.httpHealthChecks.list({ project, pageToken })),
  ]);
  const labOf = new Map(networks.map((network) => [network.name!, named(network.description)]));
  const inNetwork = (
    kind: string,
    items: { name?: string | null; network?: string | null }[],
  ): Remain[] =>
    items.map(({ name, network }) =>
      remain(kind, name, { lab: labOf.get(last(network)) ?? '' }, 0),
    );
  const described = (
    kind: string,
    items: { name?: string | null; description?: string | null }[],
  ): Remain[] =>
    items.map(({ name, description }) => remain(kind, name, { lab: named(description) }, 0));
  const found = [
    ...described('network', networks),
    ...inNetwork('firewall rule', firewalls),
    ...inNetwork('route', routes),
    ...inNetwork('subnet', subnets),
    ...described('target pool', pools),
    ...described('health check', checks),
  ];
  return found.filter((one) => (lab === undefined ? one.lab !== '' : one.lab === lab));
}

/** The Google Cloud project that a lab of this config is made in. Project and credentials are looked for when it is asked. */
export function gcpAccount(config: LabConfig): Account {
  const { zone } = config;
  let known: Place | undefined;
  const asked = <T>(work: (place: Place) => Promise<T>): Promise<T> =>
    told(async () =>
      work(
        (known ??= { api: computeApi(), project: projectOf(config), region: regionOf(zone), zone }),
      ),
    );
  return {
    who: () =>
      asked(
        async ({ api, project }) =>
          `project ${(await api.projects.get({ project })).data.name} in ${zone}`,
      ),
    processors: (types) => asked((place) => processors(place, types)),
    quotas: (needs, byType) => asked((place) => quotas(place, needs, byType)),
    remains: (lab) =>
      asked(async (place) =>
        (
          await Promise.all([
            labelled(place, lab ? `labels.lab = ${lab}` : 'labels.lab:*'),
            unlabelled(place, lab),
          ])
        ).flat(),
      ),
  };
}
