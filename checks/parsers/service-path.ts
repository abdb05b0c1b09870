/** Path of packets to a service's address and port through kube-proxy's rules on a node. */
export interface ServicePath {
  /** Rules on the path, as iptables or nft prints them. */
  lines: string[];
  /** `address:port` of each DNAT at the end. */
  targets: string[];
  /** Rules that are missing on the path, one phrase each. */
  problems: string[];
}

/** Destination of packets: a ClusterIP and port, or a NodePort on any of the node's addresses. */
export interface Destination {
  /** ClusterIP; `undefined` for a NodePort. */
  address?: string;
  protocol: 'tcp' | 'udp';
  port: number;
}

/** kube-proxy's rules on one node, in iptables or nftables mode. */
export interface ServiceRules {
  /** Returns the jumps for packets from other hosts and from the node's own processes, and which of them are missing. */
  entries(): { lines: string[]; problems: string[] };
  path(destination: Destination): ServicePath;
}

/** Formats a destination as text: `10.32.0.10 tcp 53`, `NodePort tcp 31088`. */
export const spellDestination = (to: Destination): string =>
  `${to.address ?? 'NodePort'} ${to.protocol} ${to.port}`;
