import type { Access } from '../../checks';
import { textIf } from '../../util/optional';
import { poll } from '../../util/poll';

// After a restore, the cluster's objects are those of the save: they say Ready of nodes and pods
// that are only starting. A statement counts if its time is after the restore.

interface Condition {
  type: string;
  status: string;
  lastHeartbeatTime?: string;
}

interface KubernetesObject {
  kind: string;
  metadata: { name: string; namespace?: string; deletionTimestamp?: string };
  spec?: { renewTime?: string; nodeName?: string; restartPolicy?: string };
  status?: {
    conditions?: Condition[];
    containerStatuses?: { ready: boolean; state?: { running?: { startedAt?: string } } }[];
  };
}

const nameOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${textIf(metadata.namespace, `${metadata.namespace}/`)}${metadata.name}`;

/** Kubernetes rounds most times down to a second. */
const isAfter = (time: string | undefined, restored: Date): boolean =>
  time !== undefined && Date.parse(time) >= Math.floor(restored.getTime() / 1000) * 1000;

const conditionOf = ({ status }: KubernetesObject, type: string): Condition | undefined =>
  status?.conditions?.find((one) => one.type === type);

/** Names of the leases of the cluster's leaders, in the namespace kube-system. */
const LEADERS = ['kube-controller-manager', 'kube-scheduler'];

/** Leases of leaders that ended with the restore. The new ones would wait 8 s for their expiry. */
export const deadLeaders = (objects: KubernetesObject[], restored: Date): string[] =>
  objects
    .filter(
      ({ kind, metadata, spec }) =>
        kind === 'Lease' &&
        metadata.namespace === 'kube-system' &&
        LEADERS.includes(metadata.name) &&
        !isAfter(spec?.renewTime, restored),
    )
    .map(({ metadata }) => metadata.name);

/** Whether the object is a pod that its kubelet should keep running. */
const isKeptPod = ({ kind, metadata, spec }: KubernetesObject): boolean =>
  kind === 'Pod' && !metadata.deletionTimestamp && (spec?.restartPolicy ?? 'Always') === 'Always';

/** Returns the names of the pods that are Ready. */
export const readyPods = (objects: KubernetesObject[]): string[] =>
  objects
    .filter((one) => isKeptPod(one) && conditionOf(one, 'Ready')?.status === 'True')
    .map(nameOf);

function isReady(object: KubernetesObject, restored: Date): boolean {
  const ready = conditionOf(object, 'Ready');
  if (object.kind === 'Lease') return isAfter(object.spec?.renewTime, restored);
  if (object.kind === 'Node')
    return ready?.status === 'True' && isAfter(ready.lastHeartbeatTime, restored);
  const containers = object.status?.containerStatuses ?? [];
  return (
    ready?.status === 'True' &&
    containers.every(({ state }) => isAfter(state?.running?.startedAt, restored))
  );
}

/** Requirements of a restored cluster: its workers, its leaders, and the pods that were Ready. */
export interface Expected {
  workers: string[];
  pods: string[];
}

/**
 * Lists the objects that are not ready again since the restore. A pod that was deleted by its
 * controller, or that was not Ready at the save, does not count.
 */
export function notReady(
  objects: KubernetesObject[],
  { workers, pods }: Expected,
  restored: Date,
): string[] {
  const byName = new Map(objects.map((one) => [nameOf(one), one]));
  const needed = [
    ...LEADERS.map((name) => `Lease kube-system/${name}`),
    ...workers.map((name) => `Node ${name}`),
  ];
  const missing = needed.filter((name) => !byName.has(name));
  const waiting = [...needed, ...pods].filter((name) => {
    const object = byName.get(name);
    return object !== undefined && !isReady(object, restored);
  });
  return [...missing, ...waiting];
}

const LIMIT_SECONDS = 60;

async function objectsOf(access: Access): Promise<KubernetesObject[] | undefined> {
  const { code, stdout } = await access.kubectl([
    ...['get', 'nodes,pods,leases', '--all-namespaces', '--output=json'],
    '--request-timeout=2s',
  ]);
  if (code !== 0) return undefined;
  return (JSON.parse(stdout) as { items: KubernetesObject[] }).items;
}

/** Reads which pods are Ready; none if the API does not answer. */
export const readReadyPods = async (access: Access): Promise<string[]> =>
  readyPods((await objectsOf(access)) ?? []);

/** Waits until the API server answers, for at most half a minute. */
export const awaitApi = async (access: Access): Promise<void> =>
  void (await poll(
    async () => (await access.kubectl(['get', '--raw=/readyz', '--request-timeout=1s'])).code === 0,
    { limit: 30_000 },
  ));

/**
 * Waits until a restored cluster works: its leaders lead, its workers are Ready, and the pods that
 * were Ready at the save are Ready again. Returns what is not ready after a minute.
 */
export async function awaitCluster(
  access: Access,
  { restored, pods }: { restored: Date; pods: string[] },
): Promise<string[]> {
  const workers = access.outputs.topology.nodes
    .filter(({ role }) => role === 'worker')
    .map(({ name }) => name);
  let waiting = ['the API server'];
  await poll(
    async () => {
      const objects = await objectsOf(access);
      if (!objects) return false;
      const dead = deadLeaders(objects, restored);
      if (dead.length > 0)
        await access.kubectl(['delete', 'leases', '-n', 'kube-system', '--wait=false', ...dead]);
      waiting = notReady(objects, { workers, pods }, restored);
      return waiting.length === 0;
    },
    { limit: LIMIT_SECONDS * 1000, interval: 100 },
  );
  return waiting;
}
