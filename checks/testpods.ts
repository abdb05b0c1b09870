import type { Node } from '../components/topology';
import type { Access } from './access';
import { kubectl, until } from './lab';

/** The namespace that the test pods live in, and nothing else. */
export const NAMESPACE = 'hardway-verify';

const ACCOUNT = 'test-pods';

/** A test pod that is Ready. */
export interface TestPod {
  name: string;
  /** Tells it from the pod of the same name that an earlier run had: containerd keeps those containers for a while. */
  uid: string;
  node: string;
  ip: string;
  /** The kubelet's word for its one container: `containerd://…`. */
  containerId: string;
}

/** The addresses and ports Kubernetes gave the test services. */
export interface TestServices {
  /** Worker name to the ClusterIP of the service whose only endpoint is that worker's nginx. */
  sameNode: Map<string, string>;
  nodePort: number;
}

/** nginx and a busybox on every worker, a ClusterIP for each nginx, and one NodePort. */
export interface TestPods {
  /** Rejects, saying why, if the pod didn't become Ready. */
  nginx(worker: string): Promise<TestPod>;
  busybox(worker: string): Promise<TestPod>;
  services(): Promise<TestServices>;
  /** The worker whose nginx answers at the NodePort: the second, if there is one. */
  nodePortWorker: string;
  /** Deletes what was made; returns when it is gone. */
  remove(): Promise<void>;
}

/** How long images may take to be pulled and pods to start. */
const READY_SECONDS = 50;

/** How long the pods of sound nodes wait for those of one that is down. */
const TOGETHER_SECONDS = 15;

const podName = (kind: 'nginx' | 'busybox', worker: string): string => `${kind}-${worker}`;

// busybox's shell, as a container's first process, ignores the signal to end unless told otherwise.
const SLEEP = ["trap 'exit 0' TERM", 'while :; do sleep 3600 & wait $!; done'].join('; ');

function pod(kind: 'nginx' | 'busybox', worker: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName(kind, worker), namespace: NAMESPACE, labels: { app: kind, worker } },
    spec: {
      nodeName: worker,
      terminationGracePeriodSeconds: 0,
      serviceAccountName: ACCOUNT,
      automountServiceAccountToken: false,
      containers: [
        { name: kind, image: kind, imagePullPolicy: 'IfNotPresent', ...(kind === 'busybox' ? { command: ['sh', '-c', SLEEP] } : {}) },
      ],
    },
  };
}

function service(name: string, type: 'ClusterIP' | 'NodePort', worker: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: { type, selector: { app: 'nginx', worker }, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] },
  };
}

/** Everything the checks need in the cluster, as one list for `kubectl create`. */
export function manifest(workers: string[], nodePortWorker: string): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      // Pods are refused until their account is there, and a new namespace's default one takes its time.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
      ...workers.flatMap((worker) => [pod('nginx', worker), pod('busybox', worker)]),
      ...workers.map((worker) => service(`nginx-${worker}`, 'ClusterIP', worker)),
      service('nginx', 'NodePort', nodePortWorker),
    ],
  };
}

interface ServiceList {
  items: { metadata: { name: string }; spec: { clusterIP: string; ports: { nodePort?: number }[] } }[];
}

interface PodList {
  items: {
    metadata: { name: string; uid: string };
    spec: { nodeName: string };
    status: {
      phase: string;
      podIP?: string;
      conditions?: { type: string; status: string }[];
      containerStatuses?: { containerID?: string; state?: { waiting?: { reason: string; message?: string } } }[];
    };
  }[];
}

type PodState = PodList['items'][number];

const isReady = (state: PodState): boolean =>
  (state.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Why a pod isn't Ready, in the kubelet's own words where it gave any. */
function notReady(state: PodState): string {
  const waiting = state.status.containerStatuses?.[0]?.state?.waiting;
  const why = waiting ? `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}` : state.status.phase;
  return `the test pod ${state.metadata.name} on ${state.spec.nodeName} was not Ready after ${READY_SECONDS} s (${why}): ` +
    `look at kubelet and containerd on ${state.spec.nodeName}`;
}

/** Deletes the namespace and all in it, an earlier run's too; returns when it is gone. */
async function remove(access: Access): Promise<void> {
  await kubectl({ access }, ['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=40s']);
}

async function create(access: Access, list: object): Promise<void> {
  await remove(access);
  await kubectl({ access }, ['create', '-f', '-'], JSON.stringify(list));
}

/** The addresses and the port that Kubernetes chose. */
async function readServices(access: Access, workers: string[]): Promise<TestServices> {
  const { items } = JSON.parse(await kubectl({ access }, ['-n', NAMESPACE, 'get', 'services', '-o', 'json'])) as ServiceList;
  const named = (name: string): ServiceList['items'][number]['spec'] => {
    const service = items.find((item) => item.metadata.name === name);
    if (!service) throw new Error(`the test service ${name} is gone`);
    return service.spec;
  };
  return {
    sameNode: new Map(workers.map((worker) => [worker, named(`nginx-${worker}`).clusterIP])),
    nodePort: named('nginx').ports[0].nodePort!,
  };
}

/**
 * What kubectl says of all test pods, asked once for all who ask at the same time. The first answer waits a while for
 * all of them: one process, where asking again and again would take the time of the pods that are starting.
 */
function podStates(access: Access): () => Promise<PodState[]> {
  let asking: Promise<PodState[]> | undefined;
  let waited = false;
  const ask = async (): Promise<PodState[]> => {
    if (!waited) await access.kubectl(['-n', NAMESPACE, 'wait', '--for=condition=Ready', 'pod', '--all', `--timeout=${TOGETHER_SECONDS}s`]);
    waited = true;
    const list = JSON.parse(await kubectl({ access }, ['-n', NAMESPACE, 'get', 'pods', '-o', 'json'])) as PodList;
    return list.items;
  };
  return () => (asking ??= ask().finally(() => (asking = undefined)));
}

/** The test pods, made when a check first asks for one of them. */
export function testPods(access: Access, workers: Node[]): TestPods {
  const names = workers.map((worker) => worker.name);
  const nodePortWorker = names[1] ?? names[0];
  const states = podStates(access);
  let creation: Promise<void> | undefined;
  let services: Promise<TestServices> | undefined;
  const created = (): Promise<void> => (creation ??= create(access, manifest(names, nodePortWorker)));

  const find = async (kind: 'nginx' | 'busybox', worker: string): Promise<TestPod> => {
    const name = podName(kind, worker);
    const [reached] = await Promise.all([access.onNode(worker, 'true'), created()]);
    // ssh's own exit code. No pod starts there, so there is nothing to wait for.
    if (reached.code === 255) throw new Error(`${worker} does not answer (${reached.stderr.trim()}): look at the machine itself`);
    const own = async (): Promise<PodState | undefined> => (await states()).find((one) => one.metadata.name === name);
    const state = await until(READY_SECONDS, own, (one) => one !== undefined && isReady(one));
    if (!state) throw new Error(`the test pod ${name} is gone`);
    if (!isReady(state)) throw new Error(notReady(state));
    return {
      name,
      uid: state.metadata.uid,
      node: state.spec.nodeName,
      ip: state.status.podIP ?? '',
      containerId: state.status.containerStatuses?.[0]?.containerID ?? '',
    };
  };
  return {
    nginx: (worker) => find('nginx', worker),
    busybox: (worker) => find('busybox', worker),
    nodePortWorker,
    services: () => (services ??= created().then(() => readServices(access, names))),
    async remove() {
      if (creation === undefined) return;
      await creation.catch(() => undefined);
      await remove(access);
    },
  };
}
