import { randomBytes } from 'node:crypto';
import type { Node } from '../../components/topology';
import type { Access } from '../access';
import { kubectl, until } from '../lab';
import { LABEL, manifest, podName, type PodKind } from './pod-manifest';
import { unitProblems } from './units';

/** A test pod that is Ready. */
export interface TestPod {
  name: string;
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
  /** Of this run alone: two runs on one lab don't meet, and none waits until the one before is cleared away. */
  namespace: string;
  /** Rejects, saying why, if the pod didn't become Ready. */
  nginx(worker: string): Promise<TestPod>;
  busybox(worker: string): Promise<TestPod>;
  services(): Promise<TestServices>;
  /** The worker whose nginx answers at the NodePort: the second, if there is one. */
  nodePortWorker: string;
  /**
   * Deletes the test pods, their services and their namespace. Kubernetes takes some five seconds
   * more for the empty namespace. Rejects if an APIService that does not answer prevents it.
   */
  remove(): Promise<void>;
}

/** How long images may take to be pulled and pods to start. */
const READY_SECONDS = 50;

/** How long the pods wait for each other. After it, one that Kubernetes warns of is given up. */
const TOGETHER_SECONDS = 12;

/** Longer than any run takes: what is older was left by one that was killed. */
const LEFT_SECONDS = 300;

interface ServiceList {
  items: {
    metadata: { name: string };
    spec: { clusterIP: string; ports: { nodePort?: number }[] };
  }[];
}

interface PodState {
  metadata: { name: string; uid: string };
  spec: { nodeName: string };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      containerID?: string;
      state?: { waiting?: { reason: string; message?: string } };
    }[];
  };
}

const isReady = (state: PodState): boolean =>
  (state.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Why a pod isn't Ready: what Kubernetes warned of, else what the kubelet says that it waits for. */
function notReady(state: PodState, warning: string): string {
  const waiting = state.status.containerStatuses?.[0]?.state?.waiting;
  const why =
    warning ||
    (waiting
      ? `${waiting.reason}${waiting.message ? `: ${waiting.message}` : ''}`
      : state.status.phase);
  const { nodeName } = state.spec;
  const look = /\bcni\b|plugin type=/i.test(why)
    ? `cni.config, and at /opt/cni/bin on ${nodeName}`
    : `\`journalctl -u kubelet -u containerd\` on ${nodeName}`;
  return `the test pod ${state.metadata.name} on ${nodeName} does not become Ready (${why}): look at ${look}`;
}

/** Deletes what killed runs left. */
async function removeLeft(access: Access): Promise<void> {
  const list = await kubectl({ access }, [
    'get',
    'namespaces',
    '-l',
    `${LABEL.name}=${LABEL.value}`,
    '-o',
    'json',
  ]);
  const { items } = JSON.parse(list) as {
    items: { metadata: { name: string; creationTimestamp: string; deletionTimestamp?: string } }[];
  };
  const left = items
    .map(({ metadata }) => metadata)
    .filter(
      ({ creationTimestamp, deletionTimestamp }) =>
        !deletionTimestamp && Date.now() - Date.parse(creationTimestamp) > LEFT_SECONDS * 1000,
    );
  if (left.length > 0)
    await kubectl({ access }, [
      'delete',
      'namespace',
      ...left.map(({ name }) => name),
      '--wait=false',
    ]);
}

interface ApiServices {
  items: {
    metadata: { name: string };
    status?: { conditions?: { type: string; status: string }[] };
  }[];
}

/** Rejects if an APIService that does not answer keeps the deleted namespace in Terminating. */
async function expectDeletable(access: Access, namespace: string): Promise<void> {
  const list = await kubectl({ access }, ['get', 'apiservices', '-o', 'json']);
  const dead = (JSON.parse(list) as ApiServices).items
    .filter(({ status }) =>
      status?.conditions?.some((one) => one.type === 'Available' && one.status === 'False'),
    )
    .map(({ metadata }) => metadata.name);
  if (dead.length === 0) return;
  const names = dead.join(' and ');
  throw new Error(
    `the empty namespace ${namespace} stays in Terminating, because ${names} does not answer:` +
      ` repair it, or \`kubectl delete apiservice ${dead.join(' ')}\``,
  );
}

/** The test pods, made when a check first asks for one of them. */
export function testPods(access: Access, workers: Node[]): TestPods {
  const names = workers.map((worker) => worker.name);
  const nodePortWorker = names[1] ?? names[0];
  const namespace = `hardway-verify-${randomBytes(3).toString('hex')}`;
  const own = (...args: string[]): Promise<string> =>
    kubectl({ access }, ['-n', namespace, ...args]);

  let creation: Promise<void> | undefined;
  /** What `creation` does in the cluster, once it has come that far. */
  let making: Promise<unknown> | undefined;
  let removed = false;
  let problems: Promise<Map<string, string[]>> | undefined;
  let services: Promise<TestServices> | undefined;
  let asking: Promise<PodState[]> | undefined;
  let waited = false;

  /** By worker, why no pod would start there. */
  const findProblems = async (): Promise<Map<string, string[]>> =>
    new Map(
      await Promise.all(
        names.map(async (name): Promise<[string, string[]]> => [
          name,
          await unitProblems(access, name, ['containerd', 'kubelet']),
        ]),
      ),
    );

  const workerProblems = (): Promise<Map<string, string[]>> => (problems ??= findProblems());

  const create = async (): Promise<void> => {
    const found = await workerProblems();
    const sound = names.filter((name) => found.get(name)!.length === 0);
    const list = JSON.stringify(manifest({ namespace, workers: names, sound, nodePortWorker }));
    if (removed) throw new Error('the test pods are not wanted any more');
    making = Promise.all([
      kubectl({ access }, ['-n', namespace, 'create', '-f', '-'], list),
      removeLeft(access),
    ]);
    await making;
  };
  const created = (): Promise<void> => (creation ??= create());

  /**
   * What kubectl says of all test pods, asked once for all who ask at the same time. The first answer waits a while for
   * all of them: one process, where asking again and again would take the time of the pods that are starting.
   */
  const ask = async (): Promise<PodState[]> => {
    if (!waited)
      await access.kubectl([
        '-n',
        namespace,
        'wait',
        '--for=condition=Ready',
        'pod',
        '--all',
        `--timeout=${TOGETHER_SECONDS}s`,
      ]);
    waited = true;
    return (JSON.parse(await own('get', 'pods', '-o', 'json')) as { items: PodState[] }).items;
  };
  const states = (): Promise<PodState[]> => (asking ??= ask().finally(() => (asking = undefined)));

  /** What Kubernetes last warned of; ids of containers only make it longer. */
  const lastWarning = async (pod: string): Promise<string> => {
    const list = await own(
      'get',
      'events',
      `--field-selector=type=Warning,involvedObject.name=${pod}`,
      '--sort-by=.lastTimestamp',
      '-o',
      'json',
    );
    const { items } = JSON.parse(list) as { items: { reason: string; message: string }[] };
    const last = items.at(-1);
    return last ? `${last.reason}: ${last.message.replace(/ "?[0-9a-f]{64}"?/g, '')}` : '';
  };

  const look = async (name: string): Promise<{ state?: PodState; warning: string }> => {
    const state = (await states()).find(({ metadata }) => metadata.name === name);
    return { state, warning: state && !isReady(state) ? await lastWarning(name) : '' };
  };

  const find = async (kind: PodKind, worker: string): Promise<TestPod> => {
    const name = podName(kind, worker);
    const unsound = (await workerProblems()).get(worker)!;
    if (unsound.length > 0) throw new Error(unsound.join('; '));
    await created();
    const { state, warning } = await until(
      READY_SECONDS,
      () => look(name),
      (seen) => !seen.state || isReady(seen.state) || seen.warning !== '',
    );
    if (!state) throw new Error(`the test pod ${name} is gone`);
    if (!isReady(state)) throw new Error(notReady(state, warning));
    return {
      name,
      uid: state.metadata.uid,
      node: state.spec.nodeName,
      ip: state.status.podIP ?? '',
      containerId: state.status.containerStatuses?.[0]?.containerID ?? '',
    };
  };

  /** The addresses and the port that Kubernetes chose. */
  const readServices = async (): Promise<TestServices> => {
    await created();
    const { items } = JSON.parse(await own('get', 'services', '-o', 'json')) as ServiceList;
    const named = (name: string): ServiceList['items'][number]['spec'] => {
      const service = items.find((item) => item.metadata.name === name);
      if (!service) throw new Error(`the test service ${name} is gone`);
      return service.spec;
    };
    return {
      sameNode: new Map(names.map((name) => [name, named(`nginx-${name}`).clusterIP])),
      nodePort: named('nginx').ports[0].nodePort!,
    };
  };

  return {
    namespace,
    nginx: (worker) => find('nginx', worker),
    busybox: (worker) => find('busybox', worker),
    nodePortWorker,
    services: () => (services ??= readServices()),
    async remove() {
      removed = true;
      if (making === undefined) return;
      await making.catch(() => undefined);
      // The namespace's own controller lets five seconds pass before it deletes what is in it.
      await Promise.all([
        own('delete', 'pods,services', '--all'),
        kubectl({ access }, [
          'delete',
          'namespace',
          namespace,
          '--ignore-not-found',
          '--wait=false',
        ]),
      ]);
      await expectDeletable(access, namespace);
    },
  };
}
