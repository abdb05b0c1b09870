import type { compute_v1 } from '@googleapis/compute';
import { CloudError } from '../../components/cloud';
import { all } from '../../components/gcp/compute-api';
import { asText, textIf } from '../../util/optional';
import { poll } from '../../util/poll';
import type { PendingCreate } from '../engine';
import type { Orphan, OrphanQuery } from './account';
import { type GcpRemain, labResources, last, type Place } from './gcp-resources';
import { deletePatiently, type Patience } from './patience';

const PATIENCE: Patience = { seconds: 300, pause: 2000 };

/** Kinds in the order in which Google accepts their deletion, with gcloud's names for them. */
const KINDS: Record<string, string> = {
  'forwarding rule': 'forwarding-rules',
  'backend service': 'backend-services',
  'health check': 'health-checks',
  'instance group': 'instance-groups unmanaged',
  route: 'routes',
  instance: 'instances',
  disk: 'disks',
  address: 'addresses',
  'firewall rule': 'firewall-rules',
  subnet: 'networks subnets',
  network: 'networks',
};
const ORDER = Object.keys(KINDS);

/** Parts of `projects/P/zones/Z/instances/NAME`. */
interface Parts {
  scope: 'zone' | 'region' | 'global';
  scopeName: string;
  collection: string;
  name: string;
}

function partsOf(path: string): Parts {
  const [, , first, ...rest] = path.split('/');
  if (first === 'global')
    return { scope: 'global', scopeName: '', collection: rest[0], name: rest[1] };
  const scope = first === 'zones' ? 'zone' : 'region';
  return { scope, scopeName: rest[0], collection: rest[1], name: rest[2] };
}

/** Deletes a resource by its path: the API's methods differ in one parameter's name only. */
function deletion(
  { api, project }: Place,
  path: string,
): Promise<{ data: compute_v1.Schema$Operation }> {
  const { scopeName, collection, name } = partsOf(path);
  const [zone, region] = [scopeName, scopeName];
  switch (collection) {
    case 'forwardingRules':
      return api.forwardingRules.delete({ project, region, forwardingRule: name });
    case 'backendServices':
      return api.regionBackendServices.delete({ project, region, backendService: name });
    case 'healthChecks':
      return api.regionHealthChecks.delete({ project, region, healthCheck: name });
    case 'instanceGroups':
      return api.instanceGroups.delete({ project, zone, instanceGroup: name });
    case 'routes':
      return api.routes.delete({ project, route: name });
    case 'instances':
      return api.instances.delete({ project, zone, instance: name });
    case 'disks':
      return api.disks.delete({ project, zone, disk: name });
    case 'addresses':
      return api.addresses.delete({ project, region, address: name });
    case 'firewalls':
      return api.firewalls.delete({ project, firewall: name });
    case 'subnetworks':
      return api.subnetworks.delete({ project, region, subnetwork: name });
    case 'networks':
      return api.networks.delete({ project, network: name });
    default:
      throw new CloudError(`No deletion is known for ${path}.`);
  }
}

/** Reads the present state of an operation. */
async function operationNow(
  { api, project }: Place,
  path: string,
  operation: string,
): Promise<compute_v1.Schema$Operation> {
  const { scope, scopeName } = partsOf(path);
  if (scope === 'zone')
    return (await api.zoneOperations.get({ project, zone: scopeName, operation })).data;
  if (scope === 'region')
    return (await api.regionOperations.get({ project, region: scopeName, operation })).data;
  return (await api.globalOperations.get({ project, operation })).data;
}

const IN_USE =
  /resourceInUse|RESOURCE_IN_USE|resourceNotReady|RESOURCE_NOT_READY|being used by|is not ready/i;

/**
 * Runs one change of a resource and waits for the operation's end. Throws an Error with Google's
 * message if it fails.
 */
async function changeOnce(
  place: Place,
  { path, change }: { path: string; change: () => Promise<{ data: compute_v1.Schema$Operation }> },
  { seconds, pause }: Patience,
): Promise<void> {
  let { data } = await change();
  const done = async (): Promise<boolean> => {
    if (data.status !== 'DONE') data = await operationNow(place, path, data.name!);
    return data.status === 'DONE';
  };
  if (!(await poll(done, { limit: seconds * 1000, interval: pause })))
    throw new CloudError(`The change of ${path} did not end in ${seconds} seconds.`);
  const [failure] = data.error?.errors ?? [];
  if (failure) throw new Error(`${failure.code}: ${failure.message}`);
}

/** Deletes a resource; retries while another resource, which is being deleted, still uses it. */
const remove = (place: Place, path: string, patience: Patience): Promise<void> =>
  deletePatiently(
    () => changeOnce(place, { path, change: () => deletion(place, path) }, patience),
    {
      isGone: (error: Error & { status?: number }) => error.status === 404,
      isInUse: ({ message }) => IN_USE.test(message),
    },
    patience,
  );

/**
 * Returns whether the state lost a resource. Labels name the state. A kind without labels belongs
 * to the lab if its VPC does, or if its own create was interrupted: before a lab's first `up` the
 * project has no resource of its name.
 */
function isOrphan(remain: GcpRemain, { state, known, own, pending }: OrphanQuery): boolean {
  if (known.has(remain.path) || remain.isAttached) return false;
  if (remain.hasLabels) return state !== '' && remain.state === state;
  if (own.has(remain.path) || (remain.network !== '' && own.has(remain.network))) return true;
  return pending.some(({ inputs }) => inputs.name === remain.id);
}

/**
 * Finds the member of an instance group that an interrupted create left. A member has no name, and
 * `addInstances` refuses an existing one (memberAlreadyExists:
 * https://github.com/ansible/ansible/issues/72897).
 */
async function pendingMember(
  place: Place,
  { inputs }: PendingCreate,
  patience: Patience,
): Promise<Orphan[]> {
  const { api, project } = place;
  const [instanceGroup, zone] = [last(asText(inputs.instanceGroup)), asText(inputs.zone)];
  const instance = last(asText(inputs.instance));
  if (!instanceGroup || !zone || !instance) return [];
  const group = { project, zone, instanceGroup };
  const members = await all((pageToken) =>
    api.instanceGroups.listInstances({ ...group, pageToken, requestBody: {} }),
  ).catch((error: Error & { status?: number }) => {
    // The group may have been deleted by hand, and its members with it.
    if (error.status === 404) return [];
    throw error;
  });
  const member = members.find((one) => last(one.instance) === instance)?.instance;
  if (!member) return [];
  const path = `projects/${project}/zones/${zone}/instanceGroups/${instanceGroup}`;
  const requestBody = { instances: [{ instance: member }] };
  const change = (): Promise<{ data: compute_v1.Schema$Operation }> =>
    api.instanceGroups.removeInstances({ ...group, requestBody });
  return [
    {
      kind: 'instance group member',
      id: `${instance} in ${instanceGroup}`,
      remove: () => changeOnce(place, { path, change }, patience),
      byHand: `gcloud compute instance-groups unmanaged remove-instances ${instanceGroup} --instances ${instance} --zone ${zone} --project ${project}`,
    },
  ];
}

const MEMBERSHIP = 'gcp:compute/instanceGroupMembership:InstanceGroupMembership';

/** Routes that Google creates and deletes with the network and its subnets. */
const isAutomatic = ({ kind, id }: GcpRemain): boolean =>
  kind === 'route' && /^default-route-/.test(id);

/**
 * Returns resources of the lab in its project that its state does not know, in the order of their
 * deletion.
 */
export async function gcpOrphans(
  place: Place,
  query: OrphanQuery,
  patience = PATIENCE,
): Promise<Orphan[]> {
  const members = await Promise.all(
    query.pending
      .filter(({ type }) => type === MEMBERSHIP)
      .map((pending) => pendingMember(place, pending, patience)),
  );
  const resources = (await labResources(place, query.lab))
    .filter((remain) => isOrphan(remain, query) && !isAutomatic(remain))
    .sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
    .map(({ kind, id, path }): Orphan => {
      const { scope, scopeName } = partsOf(path);
      const where = textIf(scope !== 'global', ` --${scope} ${scopeName}`);
      return {
        kind,
        id,
        remove: () => remove(place, path, patience),
        byHand: `gcloud compute ${KINDS[kind]} delete ${id}${where} --project ${place.project}`,
      };
    });
  return [...members.flat(), ...resources];
}
