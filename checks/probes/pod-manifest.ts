import { fieldsIf, itemsIf } from '../../util/optional';

/** Label of every namespace with test pods. */
export const LABEL = { name: 'app.kubernetes.io/managed-by', value: 'hardway-verify' } as const;

const ACCOUNT = 'test-pods';

export type PodKind = 'nginx' | 'busybox';

export const podName = (kind: PodKind, worker: string): string => `${kind}-${worker}`;

// A container's first process ignores SIGTERM unless it sets a trap.
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
          ...fieldsIf(kind === 'busybox', { command: ['sh', '-c', SLEEP] }),
        },
      ],
    },
  };
}

interface ServicePlan {
  name: string;
  type: 'ClusterIP' | 'NodePort';
  /** Worker of the nginx that the service leads to. */
  worker: string;
  dualStack: boolean;
}

function service({ name, type, worker, dualStack }: ServicePlan): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      type,
      ...fieldsIf(dualStack, { ipFamilyPolicy: 'PreferDualStack' }),
      selector: { app: 'nginx', worker },
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    },
  };
}

/** Names of the test services of type LoadBalancer, by their externalTrafficPolicy. */
export const BALANCED = { Cluster: 'balanced', Local: 'balanced-local' } as const;

const balancedService = (policy: keyof typeof BALANCED, worker: string): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: BALANCED[policy] },
  spec: {
    type: 'LoadBalancer',
    externalTrafficPolicy: policy,
    selector: { app: 'nginx', worker },
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
  },
});

/** Placement of the test pods and services, by worker name. */
export interface PodPlan {
  namespace: string;
  workers: string[];
  /** Workers that can run a pod now. Other workers get no pods. */
  ready: string[];
  nodePortWorker: string;
  /** Whether the lab has a load balancer. Default: false. */
  loadBalancer?: boolean;
  /** Whether services have an address of each family. Default: false. */
  dualStack?: boolean;
}

/** Returns all Kubernetes objects that the checks need, as one List for `kubectl --namespace … create`. */
export function manifest({
  namespace,
  workers,
  ready,
  nodePortWorker,
  loadBalancer,
  dualStack = false,
}: PodPlan): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: { [LABEL.name]: LABEL.value } },
      },
      // The API server rejects pods without a service account. A namespace's default account is created too late.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT } },
      ...ready.flatMap((worker) => [pod('nginx', worker), pod('busybox', worker)]),
      ...workers.map((worker) =>
        service({ name: `nginx-${worker}`, type: 'ClusterIP', worker, dualStack }),
      ),
      service({ name: 'nginx', type: 'NodePort', worker: nodePortWorker, dualStack }),
      ...itemsIf(
        loadBalancer,
        balancedService('Cluster', nodePortWorker),
        balancedService('Local', nodePortWorker),
      ),
    ],
  };
}
