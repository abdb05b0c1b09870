import type { compute_v1 } from '@googleapis/compute';
import { type LabConfig, seriesOf } from '../../components/config';
import { describingErrors } from '../../components/cloud-client';
import { computeApi, gcpError } from '../../components/gcp/compute-api';
import { projectOf, regionOf } from '../../components/gcp/credentials';
import type { Account, Quota } from './account';
import { gcpOrphans } from './gcp-orphans';
import { labResources, type Place } from './gcp-resources';
import { type Needs, processorsOf } from './needs';

const withGcpErrors = describingErrors(gcpError);

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

/**
 * Returns the quotas that count an instance of this type. e2 counts in CPUS, and also in E2_CPUS if
 * the region has that quota. The other families count in their own quota only.
 */
function metricsOf(type: string): string[] {
  const [, family] = /^(e2|n2|n2d|c2|c2d|c3|m1|m2|m3|a2|t2a|t2d)-/.exec(type) ?? [];
  if (family === undefined) return ['CPUS'];
  const own = `${family.toUpperCase()}_CPUS`;
  return family === 'e2' ? ['CPUS', own] : [own];
}

async function quotas(
  { api, project, region }: Place,
  needs: Needs,
  byType: Map<string, number>,
): Promise<Quota[]> {
  const ofRegion = (await api.regions.get({ project, region })).data.quotas ?? [];
  const ofProject = (await api.projects.get({ project })).data.quotas ?? [];
  const cpus = new Map<string, number>();
  for (const [type, count] of needs.machines)
    for (const metric of metricsOf(type))
      cpus.set(metric, (cpus.get(metric) ?? 0) + count * (byType.get(type) ?? 0));
  const gibOf = (disk: string): number =>
    [...needs.machines]
      .filter(([type]) => (seriesOf(type)?.bootDisk ?? 'pd-balanced') === disk)
      .reduce((sum, [, count]) => sum + count * needs.diskGib, 0);
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
    [ofRegion, 'SSD_TOTAL_GB', `GB of balanced and SSD disks in ${region}`, gibOf('pd-balanced')],
    [ofRegion, 'HDB_TOTAL_GB', `GB of hyperdisks in ${region}`, gibOf('hyperdisk-balanced')],
    [ofProject, 'NETWORKS', 'networks', needs.networks],
    [ofProject, 'FORWARDING_RULES', 'forwarding rules', needs.loadBalancers],
  ];
  const ask = `https://console.cloud.google.com/iam-admin/quotas?project=${project}`;
  return wanted.flatMap(([list, metric, name, needed]) => {
    const found = list.find((quota) => quota.metric === metric);
    // Some projects lack some limits.
    if (!found || needed <= 0) return [];
    return [{ name, limit: found.limit ?? 0, used: found.usage ?? 0, needed, ask }];
  });
}

/**
 * Returns the Google Cloud project of a lab with this config. Resolves project and credentials on
 * the first request.
 */
export function gcpAccount(config: LabConfig): Account {
  const { zone } = config;
  let known: Place | undefined;
  const asked = <T>(work: (place: Place) => Promise<T>): Promise<T> =>
    withGcpErrors(async () =>
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
    notes: async () => [],
    remains: (lab) => asked((place) => labResources(place, lab)),
    orphans: (query) =>
      asked((place) =>
        gcpOrphans({ ...place, api: computeApi(process.env, { deleting: true }) }, query),
      ),
    // One request covers every region of the project.
    regions: async () => [],
  };
}
