import { fieldsIf } from '../util/optional';
import type { Protocol } from './packet';

/** Pod with its own address. Pods in the node's network are left out. */
export interface Pod {
  namespace: string;
  name: string;
  node: string;
  ip: string;
}

/** Port of a service. */
export interface ServicePort {
  protocol: Protocol;
  port: number;
  /** Port on every node; unset unless the service is of type NodePort. */
  nodePort?: number;
}

export interface Service {
  namespace: string;
  name: string;
  /** Empty for headless services. */
  clusterIp: string;
  /** Addresses of a service of type LoadBalancer; unset or empty for others. */
  externalIps?: string[];
  ports: ServicePort[];
}

/** Pods and services of a lab. */
export interface Cluster {
  pods: Pod[];
  services: Service[];
}

interface Item {
  kind: string;
  metadata: { namespace: string; name: string };
  spec: {
    nodeName?: string;
    hostNetwork?: boolean;
    clusterIP?: string;
    ports?: { protocol: string; port: number; nodePort?: number }[];
  };
  status?: { phase?: string; podIP?: string; loadBalancer?: { ingress?: { ip?: string }[] } };
}

const asPod = ({ metadata, spec, status }: Item): Pod => ({
  namespace: metadata.namespace,
  name: metadata.name,
  node: spec.nodeName!,
  ip: status!.podIP!,
});

/** Returns the address of a service; '' if it has none (`None` or unset). */
function clusterIpOf({ clusterIP = '' }: Item['spec']): string {
  if (/^\d/.test(clusterIP)) return clusterIP;
  return '';
}

const asService = ({ metadata, spec, status }: Item): Service => ({
  namespace: metadata.namespace,
  name: metadata.name,
  clusterIp: clusterIpOf(spec),
  externalIps: (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
  ports: (spec.ports ?? []).map(({ protocol, port, nodePort }) => ({
    protocol: protocol.toLowerCase() as Protocol,
    port,
    ...fieldsIf(nodePort !== undefined, { nodePort }),
  })),
});

/** Parses `kubectl get pods,services -A -o json`. */
export function parseCluster(json: string): Cluster {
  const { items } = JSON.parse(json) as { items: Item[] };
  return {
    pods: items
      .filter(
        ({ kind, spec, status }) =>
          kind === 'Pod' && !spec.hostNetwork && status?.podIP && status.phase === 'Running',
      )
      .map(asPod),
    services: items.filter(({ kind }) => kind === 'Service').map(asService),
  };
}
