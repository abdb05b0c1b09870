import type { compute_v1 } from '@googleapis/compute';
import { all, everywhere } from '../../components/gcp/compute-api';
import { textIf } from '../../util/optional';
import type { CloudResource } from './account';
import { diskHourly, PRICES } from './prices';

const price = PRICES.gcp;

/** A project and its API clients. */
export interface Place {
  api: compute_v1.Compute;
  project: string;
  region: string;
  zone: string;
}

/** Last part of a URL: the resource's name. */
export const last = (url: string | null | undefined): string => (url ?? '').split('/').pop()!;

/** `projects/P/zones/Z/instances/NAME`: the id that Pulumi's state has. */
const idOf = (selfLink: string | null | undefined): string =>
  (selfLink ?? '').replace(/^.*?\/(projects\/)/, '$1');

/** A lab's resource in a project. */
export interface GcpRemain extends CloudResource {
  /** `projects/P/zones/Z/instances/NAME`. */
  path: string;
  /** Path of the VPC it belongs to, if the kind has one. */
  network: string;
  /** Whether the kind has labels, and so the id of its lab's state. */
  hasLabels: boolean;
  /** Set for a disk that is deleted with its instance. */
  isAttached: boolean;
}

interface Listed {
  name?: string | null;
  selfLink?: string | null;
  labels?: Record<string, string> | null;
  description?: string | null;
  network?: string | null;
}

/** Addresses that are listed separately cost nothing with their instance. */
function instanceHourly(
  { status, machineType, networkInterfaces }: compute_v1.Schema$Instance,
  reserved: Set<string>,
): number | undefined {
  if (status !== 'RUNNING' && status !== 'STAGING' && status !== 'PROVISIONING') return 0;
  const hour = price.machines[last(machineType)];
  if (hour === undefined) return undefined;
  const configs = networkInterfaces?.flatMap(({ accessConfigs }) => accessConfigs ?? []) ?? [];
  const own = configs.filter(({ natIP }) => !reserved.has(natIP ?? ''));
  return hour + own.length * price.address;
}

/** Returns the price of a resource alone. */
interface Priced {
  hourly?: number;
  isAttached?: boolean;
}

function remainOf(
  { project }: Place,
  kind: string,
  item: Listed & Priced & { lab: string; hasLabels: boolean },
): GcpRemain {
  const { lab, labels, hasLabels, isAttached = false } = item;
  const path = idOf(item.selfLink);
  return {
    lab,
    state: labels?.['hardway-state'] ?? '',
    student: labels?.student ?? '',
    expires: labels?.expires ?? '',
    kind,
    id: item.name ?? '',
    stateIds: [path],
    place: project,
    hourly: 'hourly' in item ? item.hourly : 0,
    path,
    network: kind === 'network' ? path : idOf(item.network),
    hasLabels,
    isAttached,
  };
}

/** Resources of kinds with labels: instances, disks, addresses, forwarding rules. */
async function labelled(place: Place, filter: string): Promise<GcpRemain[]> {
  const { api, project } = place;
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
  const of = (kind: string, one: Listed, priced: Priced): GcpRemain =>
    remainOf(place, kind, {
      ...one,
      // A forwarding rule's `network` is not its owner.
      network: '',
      ...priced,
      lab: one.labels?.['hardway-lab'] ?? '',
      hasLabels: true,
    });
  return [
    ...machines.map((one) => of('instance', one, { hourly: instanceHourly(one, reserved) })),
    ...disks.map((one) =>
      of('disk', one, {
        hourly: diskHourly('gcp', last(one.type), Number(one.sizeGb ?? 0)),
        isAttached: (one.users ?? []).length > 0,
      }),
    ),
    ...addresses.map((one) =>
      of('address', one, { hourly: one.status === 'IN_USE' ? price.address : price.idleAddress }),
    ),
    ...rules.map((one) => of('forwarding rule', one, { hourly: price.loadBalancer })),
  ];
}

/**
 * Returns the lab of a network, by its description and an equal name. Empty for other networks.
 */
function labOfNetwork({ name, description }: Listed): string {
  const [, lab] = /^The VPC of lab ([a-z0-9-]+)$/.exec(description ?? '') ?? [];
  return textIf(lab !== undefined && lab === name, lab);
}

/** Returns the lab of a load balancer's part, which has no network, by description and fixed name. */
const labOfPart =
  (suffix: RegExp) =>
  ({ name, description }: Listed): string => {
    const [, lab] = / of lab ([a-z0-9-]+)$/.exec(description ?? '') ?? [];
    const isFixed =
      lab !== undefined && name!.startsWith(`${lab}-`) && suffix.test(name!.slice(lab.length));
    return textIf(isFixed, lab);
  };

/** Lists resources without labels, by the exact URL of the lab's network or by fixed names. */
async function unlabelled(place: Place, lab: string | undefined): Promise<GcpRemain[]> {
  const { api, project } = place;
  const [networks, firewalls, routes, subnets, services, checks, groups] = await Promise.all([
    all((pageToken) => api.networks.list({ project, pageToken })),
    all((pageToken) => api.firewalls.list({ project, pageToken })),
    all((pageToken) => api.routes.list({ project, pageToken })),
    everywhere(
      (pageToken) => api.subnetworks.aggregatedList({ project, pageToken }),
      (scope) => scope.subnetworks,
    ),
    everywhere(
      (pageToken) => api.backendServices.aggregatedList({ project, pageToken }),
      (scope) => scope.backendServices,
    ),
    everywhere(
      (pageToken) => api.healthChecks.aggregatedList({ project, pageToken }),
      (scope) => scope.healthChecks,
    ),
    everywhere(
      (pageToken) => api.instanceGroups.aggregatedList({ project, pageToken }),
      (scope) => scope.instanceGroups,
    ),
  ]);
  const labOf = new Map(networks.map((network) => [idOf(network.selfLink), labOfNetwork(network)]));
  const ofNetwork = ({ network }: Listed): string => labOf.get(idOf(network)) ?? '';
  const of = (kind: string, items: Listed[], owner: (item: Listed) => string): GcpRemain[] =>
    items.map((item) =>
      remainOf(place, kind, { ...item, labels: undefined, lab: owner(item), hasLabels: false }),
    );
  const found = [
    ...of('network', networks, labOfNetwork),
    ...of('firewall rule', firewalls, ofNetwork),
    ...of('route', routes, ofNetwork),
    ...of('subnet', subnets, ofNetwork),
    ...of('backend service', services, labOfPart(/^-api$/)),
    ...of('health check', checks, labOfPart(/^-api$/)),
    ...of('instance group', groups, labOfPart(/^-controllers-[a-z]$/)),
  ];
  return found.filter((one) => (lab === undefined ? one.lab !== '' : one.lab === lab));
}

/** Existing resources of one lab, or of every lab, in a project. */
export async function labResources(place: Place, lab?: string): Promise<GcpRemain[]> {
  const filter = lab ? `labels.hardway-lab = ${lab}` : 'labels.hardway-lab:*';
  return (await Promise.all([labelled(place, filter), unlabelled(place, lab)])).flat();
}
