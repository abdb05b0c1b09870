/** Part of a Service of the Kubernetes API that the controller reads. */
export interface ServiceObject {
  metadata: {
    uid: string;
    namespace: string;
    name: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
  };
  spec: {
    type?: string;
    ports?: { protocol?: string; port: number }[];
    ipFamilies?: string[];
    externalTrafficPolicy?: string;
    healthCheckNodePort?: number;
    sessionAffinity?: string;
    loadBalancerClass?: string;
    loadBalancerIP?: string;
    loadBalancerSourceRanges?: string[];
  };
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

/** Port that the load balancer forwards without changing it. */
export interface BalancedPort {
  protocol: 'tcp' | 'udp';
  port: number;
}

/** Service of type LoadBalancer, reduced to what the load balancer needs. */
export interface BalancedService {
  uid: string;
  namespace: string;
  name: string;
  /** Time of creation, for example `2026-12-01T18:00:00Z`. Older services keep their addresses. */
  created: string;
  ports: BalancedPort[];
  /** CIDRs of clients, from `loadBalancerSourceRanges`; empty: every client. */
  sources: string[];
  /** Whether all connections of one client go to the same node (`sessionAffinity: ClientIP`). */
  sticky: boolean;
  /** Port where kube-proxy says if the node has a ready pod; unset for `externalTrafficPolicy: Cluster`. */
  healthPort?: number;
  /** Address that the service asks for (`loadBalancerIP`). */
  requested?: string;
  /** Address in the service's status. */
  holds?: string;
  /** Why the load balancer cannot serve it, as a sentence. */
  problem?: string;
}

function problemOf({ ipFamilies = [], ports = [] }: ServiceObject['spec']): string | undefined {
  if (ipFamilies.length > 0 && !ipFamilies.includes('IPv4'))
    return 'the load balancer has IPv4 addresses only: add IPv4 to ipFamilies';
  const foreign = ports.find(({ protocol }) => protocol && !['TCP', 'UDP'].includes(protocol));
  return (
    foreign &&
    `the load balancer forwards TCP and UDP only: port ${foreign.port} has ${foreign.protocol}`
  );
}

const isIpv4 = (cidr: string): boolean => !cidr.includes(':');

/**
 * Reads a Service. Returns `undefined` if another controller is responsible (a class is set), if
 * the type is another one, or if the service is being deleted.
 */
export function balancedService({
  metadata,
  spec,
  status,
}: ServiceObject): BalancedService | undefined {
  if (spec.type !== 'LoadBalancer' || spec.loadBalancerClass || metadata.deletionTimestamp)
    return undefined;
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    created: metadata.creationTimestamp,
    ports: (spec.ports ?? []).map(({ protocol, port }) => ({
      protocol: protocol === 'UDP' ? 'udp' : 'tcp',
      port,
    })),
    sources: (spec.loadBalancerSourceRanges ?? []).map((cidr) => cidr.trim()).filter(isIpv4),
    sticky: spec.sessionAffinity === 'ClientIP',
    healthPort: spec.externalTrafficPolicy === 'Local' ? spec.healthCheckNodePort : undefined,
    requested: spec.loadBalancerIP || undefined,
    holds: status?.loadBalancer?.ingress?.[0]?.ip,
    problem: problemOf(spec),
  };
}

/** Returns `NAMESPACE/NAME`. */
export const titleOf = ({ namespace, name }: Pick<BalancedService, 'namespace' | 'name'>): string =>
  `${namespace}/${name}`;
