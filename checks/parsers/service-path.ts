/** What packets to a service's address and port go through on a node, by kube-proxy's rules. */
export interface ServicePath {
  /** The rules on the way, as the tool lists them. */
  lines: string[];
  /** `address:port` of each DNAT at the end. */
  targets: string[];
  /** What is missing on the way. */
  problems: string[];
}

/** Where packets are headed: a ClusterIP and port, or a NodePort on any of the node's addresses. */
export interface Destination {
  /** None for a NodePort. */
  address?: string;
  protocol: 'tcp' | 'udp';
  port: number;
}

/** kube-proxy's rules on one node, whichever way it writes them. */
export interface ServiceRules {
  /** The jumps that packets from outside and from the node's own processes take, and what is missing. */
  entries(): { lines: string[]; problems: string[] };
  path(destination: Destination): ServicePath;
}

/** For sentences: `10.32.0.10 tcp 53`, `NodePort tcp 31088`. */
export const spellDestination = (to: Destination): string =>
  `${to.address ?? 'NodePort'} ${to.protocol} ${to.port}`;
