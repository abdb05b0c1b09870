import { addressAt, contains } from '../util/cidr';
import { addressWithGroup, subnet64 } from '../util/cidr6';
import { fieldsIf } from '../util/optional';
import { type BalancedService, balancedServices } from './balanced-services';
import type { LabConfig } from './config';

/** A part of the node network. Its nodes share a default route. */
export interface Subnet {
  /** `nodes`; on AWS in profile small `controllers` and `workers`. */
  name: string;
  /** For example `10.240.0.0/24`. */
  cidr: string;
  /** Address of the VPC router in the subnet: the first one, for example `10.240.0.1`. */
  gateway: string;
  /** Whether the default route is the internet gateway; otherwise it is the gateway node. */
  isPublic: boolean;
}

/** A node of the lab, as every cloud creates it. */
export interface Node {
  /** For example `controller-0` or `worker-2`. */
  name: string;
  role: 'controller' | 'worker';
  /** From 0, within the role. */
  index: number;
  /** Address in the node network: `10.240.0.1i` for controllers, `10.240.0.2i` for workers. */
  privateIp: string;
  /** Subnet that holds `privateIp`. */
  subnet: Subnet;
  /** Whether the node has a public address. Always true in profile full. */
  isPublic: boolean;
  /** Whether private nodes are reached through this node, and reach the internet by it. */
  isGateway: boolean;
  /** The worker's own /24 of the pod network, `10.200.i.0/24`; unset for controllers. */
  podCidr?: string;
  /** Whether the cloud lets the node send packets of other addresses (GCP: canIpForward). */
  canIpForward: boolean;
  /**
   * Address in the IPv6 node network, for example `fd00:10:240::21`; only in dual-stack labs. Unset
   * on a cloud until its VPC has assigned the address.
   */
  privateIp6?: string;
  /** The worker's own /64 of the IPv6 pod network, `fd00:10:200:i::/64`; only in dual-stack labs. */
  podCidr6?: string;
}

/** A route in the VPC router's table: a pod CIDR and the worker that owns it. */
export interface PodRoute {
  /** For example `pod-route-worker-1`. */
  name: string;
  /** For example `10.200.1.0/24`. */
  destination: string;
  /** Name of the worker, for example `worker-1`. */
  nextHop: string;
  /** Private address of the worker, for example `10.240.0.21`. */
  nextHopIp: string;
}

/** A pod route of an IPv6 pod CIDR. */
export interface PodRoute6 extends Omit<PodRoute, 'nextHopIp'> {
  /** IPv6 address of the worker; unset like `Node.privateIp6`. */
  nextHopIp?: string;
}

/** A rule of the VPC's firewall: packets that it admits to its targets. Replies always pass. */
export interface FirewallRule {
  /** For example `allow-internal-tcp`. */
  name: string;
  /** Reason for the rule, as a sentence. */
  description: string;
  protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6';
  /** First and last port, both included; unset for icmp and icmpv6. */
  ports?: [number, number];
  /** CIDRs that packets may come from, all of one family. */
  sources: string[];
  /** Whether the nodes' IPv6 addresses are sources, too. Only on clouds, which assign them. */
  fromNodes6?: true;
  targets: 'all' | 'controller' | 'worker';
}

/** Networks of one IP family that have the same form in both. */
interface ClusterNetworks {
  /** For example `10.200.0.0/16` or `fd00:10:200::/48`. */
  podCidr: string;
  /** For example `10.32.0.0/24` or `fd00:10:32::/112`. */
  serviceCidr: string;
  /** ClusterIP of the API: the first of the service network, for example `10.32.0.1`. */
  apiServiceIp: string;
  /** ClusterIP of kube-dns: the tenth of the service network, `10.32.0.10` or `fd00:10:32::a`. */
  dnsIp: string;
}

/** IPv4 networks of a lab. */
export interface Networks extends ClusterNetworks {
  /** For example `10.240.0.0/24`. */
  nodeCidr: string;
  /** Address of the VPC router: the first of the node network, for example `10.240.0.1`. */
  gateway: string;
  /** One for each worker, such as `10.200.1.0/24` through `10.240.0.21`. */
  routes: PodRoute[];
}

/** IPv6 networks of a dual-stack lab. Those of pods and services are the same in every lab. */
export interface Networks6 extends ClusterNetworks {
  /** `fd00:10:240::/64` on local labs; unset on clouds, where the VPC chooses. */
  nodeCidr?: string;
  /** `fd00:10:240::1` on local labs; unset on clouds, where it is link-local. */
  gateway?: string;
  /** One for each worker, such as `fd00:10:200:1::/64` through `fd00:10:240::21`. */
  routes: PodRoute6[];
}

/** IPv6 addresses of nodes by node name, as a cloud's VPC has assigned them. */
export type Addresses6 = Partial<Record<string, string>>;

/** Network plan of a lab: plain data that clouds, bootstrap and checks read. */
export interface Topology extends Networks {
  /** Always `cluster.local`. */
  clusterDomain: string;
  /** TCP port of the API, for example 6443. */
  apiPort: number;
  /** First and last NodePort, both included: 30000 and 32767. */
  nodePorts: [number, number];
  /** Bytes, for example 1500. */
  mtu: number;
  /** One subnet, the whole node network; two on AWS in profile small. */
  subnets: Subnet[];
  /** Controllers first, then workers. */
  nodes: Node[];
  rules: FirewallRule[];
  /** Services that get a load balancer of the cloud; unset without `loadBalancers`. */
  balancedServices?: BalancedService[];
  /** Unset unless the lab is dual-stack. */
  ipv6?: Networks6;
}

/** IPv6 network of local labs' nodes: a private one (fd00::/8), with the article's numbers. */
const LOCAL_NODES6 = 'fd00:10:240::/64';

/**
 * IPv6 networks of pods and services, private like LOCAL_NODES6. They are outside of a cloud's node
 * network, so its VPC routes them like any other destination. On AWS a route must not lie in
 * fd00:ec2::/32 (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html).
 */
const IPV6 = {
  podCidr: 'fd00:10:200::/48',
  serviceCidr: 'fd00:10:32::/112',
} as const;

/** The first controller is host 10 of the node network, the first worker host 20. */
const FIRST_HOST = { controller: 10, worker: 20 } as const;

/** Domain of the nodes' host names on clouds that need one. No DNS server resolves it. */
export const DOMAIN = 'hardway.internal';

/** Name of the API on the nodes. /etc/hosts maps it to the controllers. */
export const API_NAME = `kubernetes.${DOMAIN}`;

/** Size of the controllers' subnet in addresses, of which AWS keeps five. */
const CONTROLLERS_SHARE = 16;

/**
 * Divides the node network into subnets. On AWS a subnet has one default route, so public and
 * private nodes need different subnets. On the other clouds the node network is one subnet.
 */
function subnets({ cloud, profile, nodeCidr }: LabConfig): Subnet[] {
  const make = (name: string, cidr: string, isPublic: boolean): Subnet => ({
    name,
    cidr,
    gateway: addressAt(cidr, 1),
    isPublic,
  });
  if (cloud !== 'aws' || profile === 'full') return [make('nodes', nodeCidr, true)];
  return [
    make('controllers', `${addressAt(nodeCidr, 0)}/28`, true),
    make('workers', `${addressAt(nodeCidr, CONTROLLERS_SHARE)}/28`, false),
  ];
}

/**
 * Returns a node's address in an IPv6 node network. Host 21 ends with :21, although this is the
 * number 33: it reads like the IPv4 address.
 */
export const nodeAddress6 = (
  nodeCidr: string,
  { role, index }: Pick<Node, 'role' | 'index'>,
): string => addressWithGroup(nodeCidr, String(FIRST_HOST[role] + index));

/** Returns the IPv6 addresses of a node; none unless the lab is dual-stack. */
function ipv6Of(
  { cloud, ipFamily }: LabConfig,
  node: Pick<Node, 'name' | 'role' | 'index'>,
  assigned: Addresses6,
): Pick<Node, 'privateIp6' | 'podCidr6'> {
  if (ipFamily !== 'dual') return {};
  return {
    ...fieldsIf(cloud === 'local', { privateIp6: nodeAddress6(LOCAL_NODES6, node) }),
    ...fieldsIf(assigned[node.name] !== undefined, { privateIp6: assigned[node.name] }),
    ...fieldsIf(node.role === 'worker', { podCidr6: subnet64(IPV6.podCidr, node.index) }),
  };
}

/** Returns the pod network of a worker; none for a controller. */
function podNetworkOf(
  { podCidr }: LabConfig,
  role: Node['role'],
  index: number,
): Pick<Node, 'podCidr'> {
  if (role === 'controller') return {};
  return { podCidr: `${addressAt(podCidr, index * 256)}/24` };
}

function nodes(config: LabConfig, all: Subnet[], assigned: Addresses6): Node[] {
  const make = (role: Node['role'], count: number): Node[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `${role}-${index}`,
      role,
      index,
      privateIp: addressAt(config.nodeCidr, FIRST_HOST[role] + index),
      subnet: all.find((subnet) =>
        contains(subnet.cidr, addressAt(config.nodeCidr, FIRST_HOST[role] + index)),
      )!,
      isPublic: config.profile === 'full' || role === 'controller',
      isGateway: config.profile === 'small' && role === 'controller',
      canIpForward: true,
      ...podNetworkOf(config, role, index),
      ...ipv6Of(config, { name: `${role}-${index}`, role, index }, assigned),
    }));
  return [...make('controller', config.controllers), ...make('worker', config.workers)];
}

const ALL_PORTS: [number, number] = [1, 65535];

/** Returns the sources of an internal IPv6 rule: nodes and pods. */
function sources6({ cloud }: LabConfig): Pick<FirewallRule, 'sources' | 'fromNodes6'> {
  if (cloud === 'local') return { sources: [LOCAL_NODES6, IPV6.podCidr] };
  return { sources: [IPV6.podCidr], fromNodes6: true };
}

/** Returns the rules by which nodes and pods reach each other. */
function internalRules(config: LabConfig): FirewallRule[] {
  const ipv4 = (['tcp', 'udp', 'icmp'] as const).map((protocol): FirewallRule => ({
    name: `allow-internal-${protocol}`,
    description: `Nodes and pods reach each other over ${protocol}`,
    protocol,
    ...fieldsIf(protocol !== 'icmp', { ports: ALL_PORTS }),
    sources: [config.nodeCidr, config.podCidr],
    targets: 'all',
  }));
  if (config.ipFamily !== 'dual') return ipv4;
  const ipv6 = (['tcp', 'udp', 'icmpv6'] as const).map((protocol): FirewallRule => ({
    name: `allow-internal-${protocol.replace('v6', '')}6`,
    description: `Nodes and pods reach each other over ${protocol} and IPv6`,
    protocol,
    ...fieldsIf(protocol !== 'icmpv6', { ports: ALL_PORTS }),
    ...sources6(config),
    targets: 'all',
  }));
  return [...ipv4, ...ipv6];
}

/** Returns the rules for administrators; none if the config admits none. */
function adminRules({ adminCidrs, apiPort }: LabConfig): FirewallRule[] {
  if (adminCidrs.length === 0) return [];
  return [
    {
      name: 'allow-ssh',
      description: 'Administrators log in to every node',
      protocol: 'tcp',
      ports: [22, 22],
      sources: adminCidrs,
      targets: 'all',
    },
    {
      name: 'allow-icmp',
      description: 'Administrators ping the nodes',
      protocol: 'icmp',
      sources: adminCidrs,
      targets: 'all',
    },
    {
      name: 'allow-api',
      description: 'Administrators reach the Kubernetes API',
      protocol: 'tcp',
      ports: [apiPort, apiPort],
      sources: adminCidrs,
      targets: 'controller',
    },
  ];
}

/** Returns the rule for services of type NodePort; none if the config admits no client. */
function nodePortRules({ nodePortCidrs, nodePorts, profile }: LabConfig): FirewallRule[] {
  if (nodePortCidrs.length === 0) return [];
  return [
    {
      name: 'allow-nodeports',
      description: 'Anybody in nodePortCidrs reaches services of type NodePort',
      protocol: 'tcp',
      ports: [...nodePorts],
      sources: nodePortCidrs,
      // In profile small the gateway node forwards the packets to a worker.
      targets: profile === 'full' ? 'worker' : 'all',
    },
  ];
}

const firewallRules = (config: LabConfig): FirewallRule[] => [
  ...internalRules(config),
  ...adminRules(config),
  ...nodePortRules(config),
];

/** Returns the IPv6 part of the plan. */
const ipv6Plan = ({ cloud }: LabConfig, all: Node[]): Networks6 => ({
  ...fieldsIf(cloud === 'local', {
    nodeCidr: LOCAL_NODES6,
    gateway: addressWithGroup(LOCAL_NODES6, '1'),
  }),
  ...IPV6,
  apiServiceIp: addressWithGroup(IPV6.serviceCidr, '1'),
  dnsIp: addressWithGroup(IPV6.serviceCidr, 'a'),
  routes: all
    .filter((node) => node.podCidr6 !== undefined)
    .map((node) => ({
      name: `pod-route6-${node.name}`,
      destination: node.podCidr6!,
      nextHop: node.name,
      ...fieldsIf(node.privateIp6, { nextHopIp: node.privateIp6 }),
    })),
});

/**
 * Computes the network plan of a lab. Pure: the same arguments always give the same topology. On a
 * cloud, the plan of a dual-stack lab has IPv6 addresses of nodes only if `assigned` has them.
 */
export function topology(config: LabConfig, assigned: Addresses6 = {}): Topology {
  const parts = subnets(config);
  const all = nodes(config, parts, assigned);
  return {
    nodeCidr: config.nodeCidr,
    gateway: addressAt(config.nodeCidr, 1),
    podCidr: config.podCidr,
    serviceCidr: config.serviceCidr,
    apiServiceIp: addressAt(config.serviceCidr, 1),
    dnsIp: addressAt(config.serviceCidr, 10),
    clusterDomain: 'cluster.local',
    apiPort: config.apiPort,
    nodePorts: [...config.nodePorts],
    mtu: config.mtu,
    subnets: parts,
    nodes: all,
    routes: all
      .filter((node) => node.podCidr !== undefined)
      .map((node) => ({
        name: `pod-route-${node.name}`,
        destination: node.podCidr!,
        nextHop: node.name,
        nextHopIp: node.privateIp,
      })),
    rules: firewallRules(config),
    ...fieldsIf(config.loadBalancers.length > 0, {
      balancedServices: balancedServices(config.loadBalancers),
    }),
    ...fieldsIf(config.ipFamily === 'dual', { ipv6: ipv6Plan(config, all) }),
  };
}
