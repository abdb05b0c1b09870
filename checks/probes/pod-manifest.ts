/** On every namespace of test pods. */
export const LABEL = { name: 'app.kubernetes.io/managed-by', value: 'hardway-verify' } as const;

const ACCOUNT = 'test-pods';

export type PodKind = 'nginx' | 'busybox';

export const podName = (kind: PodKind, worker: string): string => `${kind}-${worker}`;

// busybox's shell, as a container's first process, ignores the signal to end unless told otherwise.
const SLEEP = ["trap 'exit 0' TERM", 'while :; do sleep 3600 & wait $!; done'].join('; ');

function pod(kind: PodKind, worker: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName(kind, worker), labels: { app: kind, worker } },
    spec: {
      nodeName: worker,
      terminationGracePeriodSeconds: 0,
      serviceAccountName: ACCOUNT,
      automountServiceAccountToken: false,
      containers: [
        {
          name: kind,
          image: kind,
          imagePullPolicy: 'IfNotPresent',
          ...(kind === 'busybox' ? { command: ['sh', '-c', SLEEP] } : {}),
        },
      ],
    },
  };
}

function service(name: string, type: 'ClusterIP' | 'NodePort', worker: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type,
      selector: { app: 'nginx', worker },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    },
  };
}

/** Where the test pods and services go, by worker's name. */
export interface PodPlan {
  namespace: string;
  workers: string[];
  /** Of the workers those that can run a pod now: the others get none. */
  sound: string[];
  nodePortWorker: string;
}

/** Everything the checks need in the cluster, as one list for `kubectl --namespace … create`. */
export function manifest({ namespace, workers, sound, nodePortWorker }: PodPlan): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { [LABEL.name]: LABEL.value } },
      },
      // Pods are refused until their account is there, and a new namespace's default one takes its time.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT } },
      ...sound.flatMap((worker) => [pod('nginx', worker), pod('busybox', worker)]),
      ...workers.map((worker) => service(`nginx-${worker}`, 'ClusterIP', worker)),
      service('nginx', 'NodePort', nodePortWorker),
    ],
  };
}
