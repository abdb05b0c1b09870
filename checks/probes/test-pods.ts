import { randomBytes } from 'node:crypto';
import type { Node } from '../../components/topology';
import type { Access } from '../access';
import { kubectl } from '../lab';
import { poll } from '../../util/poll';
import { LABEL, manifest, podName, type PodKind } from './pod-manifest';
import { unitProblems } from './units';
import { joinNames } from '../../util/join-names';

/** Test pod that is Ready. */
export interface TestPod {
  name: string;
  uid: string;
  node: string;
  ip: string;
  /** Empty unless the lab is dual-stack. */
  ip6: string;
  /** Id of the pod's only container, as kubelet reports it: `containerd://…`. */
  containerId: string;
}

/** Addresses and ports that Kubernetes assigned to the test services. */
export interface TestServices {
  /** ClusterIPs by worker name. The only endpoint of each service is that worker's nginx. */
  sameNode: Map<string, string>;
  /** Like `sameNode`, for IPv6. Addresses are empty unless the lab is dual-stack. */
  sameNode6: Map<string, string>;
  nodePort: number;
}

/** Test pods of one run: nginx and busybox on every worker, a ClusterIP service for each nginx, one NodePort service. */
export interface TestPods {
  /** Namespace of this run only, so that runs on the same lab neither share pods nor wait for each other. */
  namespace: string;
  /** Returns nginx on a worker. Rejects with the cause if the pod does not become Ready. */
  nginx(worker: string): Promise<TestPod>;
  /** Returns busybox on a worker; rejects like `nginx`. */
  busybox(worker: string): Promise<TestPod>;
  services(): Promise<TestServices>;
  /** Worker with the nginx that answers at the NodePort: the second worker if it exists. */
  nodePortWorker: string;
  /**
   * Deletes the test pods, their services and their namespace. Kubernetes takes some five seconds
   * more for the empty namespace. Rejects if an APIService that does not answer prevents it.
   */
  remove(): Promise<void>;
}

/** Time limit for pulling images and starting pods. */
const READY_WAIT = { limit: 50_000, interval: 200 };

/** Time for all pods to become Ready together. After it, a check fails for a pod with a warning of Kubernetes. */
const TOGETHER_SECONDS = 12;

/** Age from which a namespace is a leftover of a killed run: longer than any run takes. */
const LEFTOVER_SECONDS = 300;

interface ServiceList {
  items: {
    metadata: { name: string };
    spec: { clusterIP: string; clusterIPs?: string[]; ports: { nodePort?: number }[] };
  }[];
}

interface EventList {
  items: { reason: string; message: string }[];
}

interface PodState {
  metadata: { name: string; uid: string };
  spec: { nodeName: string };
  status: {
    phase: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    conditions?: { type: string; status: string }[];
    containerStatuses?: {
      containerID?: string;
      state?: { waiting?: { reason: string; message?: string } };
    }[];
  };
}

const isReady = (state: PodState): boolean =>
  (state.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

/** Formats why a pod is not Ready: a warning of Kubernetes, else what kubelet waits for, and where to look. */
function notReady(state: PodState, warning: string): string {
  const waiting = state.status.containerStatuses?.[0]?.state?.waiting;
  const waitingFor = waiting && [waiting.reason, waiting.message].filter((part) => part).join(': ');
  const why = warning || waitingFor || state.status.phase;
  const { nodeName } = state.spec;
  let look = `\`journalctl -u kubelet -u containerd\` on ${nodeName}`;
  if (/\bcni\b|plugin type=/i.test(why)) look = `cni.config, and at /opt/cni/bin on ${nodeName}`;
  return `the test pod ${state.metadata.name} on ${nodeName} does not become Ready (${why}): look at ${look}`;
}

/** Deletes the test pods of killed runs. */
async function removeLeftovers(access: Access): Promise<void> {
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
  const leftovers = items
    .map(({ metadata }) => metadata)
    .filter(
      ({ creationTimestamp, deletionTimestamp }) =>
        !deletionTimestamp && Date.now() - Date.parse(creationTimestamp) > LEFTOVER_SECONDS * 1000,
    );
  if (leftovers.length === 0) return;
  const names = leftovers.map(({ name }) => name);
  await kubectl({ access }, ['delete', 'namespace', ...names, '--wait=false']);
}

/** Names of the systemd units without which no pod starts on a worker. */
const POD_UNITS = ['containerd', 'kubelet'];

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
  const names = joinNames(dead);
  throw new Error(
    `the empty namespace ${namespace} stays in Terminating, because ${names} does not answer:` +
      ` repair it, or \`kubectl delete apiservice ${dead.join(' ')}\``,
  );
}

/** Returns the last warning as `REASON: MESSAGE` without container ids, or an empty string. */
function formatWarning({ items }: EventList): string {
  const last = items.at(-1);
  if (last) return `${last.reason}: ${last.message.replace(/ "?[0-9a-f]{64}"?/g, '')}`;
  return '';
}

/** Test pods of one run of the checks. The first call of `nginx`, `busybox` or `services` creates all of them. */
class ClusterTestPods implements TestPods {
  readonly namespace = `hardway-verify-${randomBytes(3).toString('hex')}`;
  readonly nodePortWorker: string;
  private readonly workers: string[];
  private readonly loadBalancer: boolean;
  private readonly dualStack: boolean;
  private removed = false;
  /** Whether kubectl has already waited for all pods together. */
  private waited = false;
  private creation?: Promise<void>;
  /** kubectl's work of `creation`, once it has started. */
  private requests?: Promise<unknown>;
  private problems?: Promise<Map<string, string[]>>;
  private testServices?: Promise<TestServices>;
  private listing?: Promise<PodState[]>;

  constructor(
    private readonly access: Access,
    workers: Node[],
    loadBalancer: boolean,
  ) {
    this.loadBalancer = loadBalancer;
    this.dualStack = workers.some(({ podCidr6 }) => podCidr6 !== undefined);
    this.workers = workers.map(({ name }) => name);
    this.nodePortWorker = this.workers[1] ?? this.workers[0];
  }

  nginx(worker: string): Promise<TestPod> {
    return this.find('nginx', worker);
  }

  busybox(worker: string): Promise<TestPod> {
    return this.find('busybox', worker);
  }

  services(): Promise<TestServices> {
    return (this.testServices ??= this.readServices());
  }

  async remove(): Promise<void> {
    this.removed = true;
    if (this.requests === undefined) return;
    await this.requests.catch(() => undefined);
    const namespace = ['delete', 'namespace', this.namespace, '--ignore-not-found', '--wait=false'];
    // The namespace's own controller waits five seconds before it deletes the objects in the namespace.
    await Promise.all([
      this.kubectl('delete', 'pods,services', '--all'),
      kubectl({ access: this.access }, namespace),
    ]);
    await expectDeletable(this.access, this.namespace);
  }

  /** Runs kubectl in the namespace of the test pods. */
  private kubectl(...args: string[]): Promise<string> {
    return kubectl({ access: this.access }, ['-n', this.namespace, ...args]);
  }

  /** Returns, by worker, why no pod can start there. */
  private workerProblems(): Promise<Map<string, string[]>> {
    return (this.problems ??= this.findProblems());
  }

  private async findProblems(): Promise<Map<string, string[]>> {
    const found = this.workers.map(async (name): Promise<[string, string[]]> => [
      name,
      await unitProblems(this.access, name, POD_UNITS),
    ]);
    return new Map(await Promise.all(found));
  }

  private create(): Promise<void> {
    return (this.creation ??= this.createObjects());
  }

  private async createObjects(): Promise<void> {
    const { access, namespace, nodePortWorker, workers, loadBalancer, dualStack } = this;
    const problems = await this.workerProblems();
    const ready = workers.filter((name) => problems.get(name)!.length === 0);
    const plan = { namespace, workers, ready, nodePortWorker, loadBalancer, dualStack };
    const list = JSON.stringify(manifest(plan));
    if (this.removed) throw new Error('the checks ended before the test pods were created');
    this.requests = Promise.all([
      kubectl({ access }, ['-n', namespace, 'create', '-f', '-'], list),
      removeLeftovers(access),
    ]);
    await this.requests;
  }

  /** Lists all test pods. Calls at the same time share one request. */
  private states(): Promise<PodState[]> {
    return (this.listing ??= this.listPods().finally(() => (this.listing = undefined)));
  }

  /**
   * Lists all test pods; the first call waits a while until all are Ready. One waiting kubectl takes less processor
   * time from the starting pods than repeated requests.
   */
  private async listPods(): Promise<PodState[]> {
    if (!this.waited) {
      const wait = ['wait', '--for=condition=Ready', 'pod', '--all'];
      const timeout = `--timeout=${TOGETHER_SECONDS}s`;
      await this.access.kubectl(['-n', this.namespace, ...wait, timeout]);
    }
    this.waited = true;
    const list = await this.kubectl('get', 'pods', '-o', 'json');
    return (JSON.parse(list) as { items: PodState[] }).items;
  }

  private async lastWarning(pod: string): Promise<string> {
    const list = await this.kubectl(
      'get',
      'events',
      `--field-selector=type=Warning,involvedObject.name=${pod}`,
      '--sort-by=.lastTimestamp',
      '-o',
      'json',
    );
    return formatWarning(JSON.parse(list) as EventList);
  }

  private async look(name: string): Promise<{ state?: PodState; warning: string }> {
    const state = (await this.states()).find(({ metadata }) => metadata.name === name);
    if (!state || isReady(state)) return { state, warning: '' };
    return { state, warning: await this.lastWarning(name) };
  }

  private async find(kind: PodKind, worker: string): Promise<TestPod> {
    const name = podName(kind, worker);
    const problems = (await this.workerProblems()).get(worker)!;
    if (problems.length > 0) throw new Error(problems.join('; '));
    await this.create();
    const { state, warning } = await poll(() => this.look(name), {
      ...READY_WAIT,
      satisfies: (seen) => !seen.state || isReady(seen.state) || seen.warning !== '',
    });
    if (!state) throw new Error(`the test pod ${name} does not exist any more`);
    if (!isReady(state)) throw new Error(notReady(state, warning));
    return {
      name,
      uid: state.metadata.uid,
      node: state.spec.nodeName,
      ip: state.status.podIP ?? '',
      ip6: state.status.podIPs?.[1]?.ip ?? '',
      containerId: state.status.containerStatuses?.[0]?.containerID ?? '',
    };
  }

  private async readServices(): Promise<TestServices> {
    await this.create();
    const list = await this.kubectl('get', 'services', '-o', 'json');
    const { items } = JSON.parse(list) as ServiceList;
    const specOf = (name: string): ServiceList['items'][number]['spec'] => {
      const service = items.find(({ metadata }) => metadata.name === name);
      if (!service) throw new Error(`the test service ${name} does not exist any more`);
      return service.spec;
    };
    return {
      sameNode: new Map(this.workers.map((name) => [name, specOf(`nginx-${name}`).clusterIP])),
      sameNode6: new Map(
        this.workers.map((name) => [name, specOf(`nginx-${name}`).clusterIPs?.[1] ?? '']),
      ),
      nodePort: specOf('nginx').ports[0].nodePort!,
    };
  }
}

/**
 * Prepares the test pods of one run. They are created when a check first needs one of them. With
 * `loadBalancer`, two of their services are of type LoadBalancer.
 */
export const testPods = (access: Access, workers: Node[], loadBalancer = false): TestPods =>
  new ClusterTestPods(access, workers, loadBalancer);
