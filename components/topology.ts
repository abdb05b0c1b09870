import { addressAt, contains } from '../util/cidr';
import type { LabConfig } from './config';

/** A part of the node network whose machines share a way out. */
export interface Subnet {
  name: string;
  cidr: string;
  /** The VPC router's address in it, the first. */
  gateway: string;
  /** Whether its way out is the internet's; else it is the gateway node. */
  isPublic: boolean;
}

/** A machine of the lab, as every cloud must make it. */
export interface Node {
  /** `controller-0`, `worker-2`, … */
  name: string;
  role: 'controller' | 'worker';
  /** From 0, within the role. */
  index: number;
  /** Address in the node network: `10.240.0.1i` for controllers, `10.240.0.2i` for workers. */
  privateIp: string;
  /** The subnet that it is in. */
  subnet: Subnet;
  /** Whether it has a public address. */
  isPublic: boolean;
  /** Whether nodes without a public address are reached through it, and reach the world by it. */
  isGateway: boolean;
  /** A worker's own slice of the pod network, `10.200.i.0/24`; controllers have none. */
  podCidr?: string;
  /** May send and receive addresses that are not its own (GCP's canIpForward, AWS's sourceDestCheck off). */
  canIpForward: boolean;
}

/** One entry of the VPC router's table: a pod CIDR and the worker that owns it. */
export interface PodRoute {
  name: string;
  destination: string;
  nextHop: string;
  nextHopIp: string;
}

/** What the VPC's firewall lets in to the machines that `targets` names; replies always pass. */
export interface FirewallRule {
  name: string;
  /** Why the rule exists, in a sentence. */
  description: string;
  protocol: 'tcp' | 'udp' | 'icmp';
  /** First and last port, both included; none for icmp. */
  ports?: [number, number];
  /** CIDRs that packets may come from. */
  sources: string[];
  targets: 'all' | 'controller' | 'worker';
}

/** Everything about the lab's network that follows from its config: plain data, read by clouds, bootstrap and checks. */
export interface Topology {
  nodeCidr: string;
  /** The VPC router's address, the first of the node network. */
  gateway: string;
  podCidr: string;
  serviceCidr: string;
  /** The API's ClusterIP, the first of the service network. */
  apiServiceIp: string;
  /** kube-dns's ClusterIP, the tenth of the service network. */
  dnsIp: string;
  clusterDomain: string;
  apiPort: number;
  nodePorts: [number, number];
  mtu: number;
  /** Usually one, the whole node network. */
  subnets: Subnet[];
  nodes: Node[];
  routes: PodRoute[];
  rules: FirewallRule[];
}

/** The first controller is host 10 of the node network, the first worker host 20. */
const FIRST_HOST = { controller: 10, worker: 20 } as const;

/** The domain of the nodes' own names, where a cloud wants one. No DNS knows it. */
export const DOMAIN = 'hardway.internal';

/** What people use to reach the API by name from the nodes; /etc/hosts maps it to the controllers. */
export const API_NAME = `kubernetes.${DOMAIN}`;

/** How many addresses of the node network are the controllers', where it is divided: AWS keeps the first four and the last. */
const CONTROLLERS_SHARE = 16;

/**
 * AWS decides by subnet which way out packets take, so that there machines with and without a public address can't share
 * one. Elsewhere a route is a machine's, by tag, and the node network is one subnet.
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

function nodes(config: LabConfig, all: Subnet[]): Node[] {
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
      ...(role === 'worker' ? { podCidr: `${addressAt(config.podCidr, index * 256)}/24` } : {}),
    }));
  return [...make('controller', config.controllers), ...make('worker', config.workers)];
}

function firewallRules(config: LabConfig): FirewallRule[] {
  const inside = [config.nodeCidr, config.podCidr];
  const internal = (protocol: FirewallRule['protocol']): FirewallRule => ({
    name: `allow-internal-${protocol}`,
    description: `Nodes and pods reach each other over ${protocol}`,
    protocol,
    ...(protocol === 'icmp' ? {} : { ports: [1, 65535] as [number, number] }),
    sources: inside,
    targets: 'all',
  });
  const rules: FirewallRule[] = [internal('tcp'), internal('udp'), internal('icmp')];
  if (config.adminCidrs.length > 0) {
    rules.push(
      {
        name: 'allow-ssh',
        description: 'Administrators log in to every node',
        protocol: 'tcp',
        ports: [22, 22],
        sources: config.adminCidrs,
        targets: 'all',
      },
      {
        name: 'allow-icmp',
        description: 'Administrators ping the nodes',
        protocol: 'icmp',
        sources: config.adminCidrs,
        targets: 'all',
      },
      {
        name: 'allow-api',
        description: 'Administrators reach the Kubernetes API',
        protocol: 'tcp',
        ports: [config.apiPort, config.apiPort],
        sources: config.adminCidrs,
        targets: 'controller',
      },
    );
  }
  if (config.nodePortCidrs.length > 0) {
    // In profile small the gateway hands them on to a worker.
    rules.push({
      name: 'allow-nodeports',
      description: 'Anybody in nodePortCidrs reaches services of type NodePort',
      protocol: 'tcp',
      ports: [...config.nodePorts],
      sources: config.nodePortCidrs,
      targets: config.profile === 'full' ? 'worker' : 'all',
    });
  }
  return rules;
}

/** The whole network plan of a lab. Pure: the same config gives the same topology, on every cloud. */
export function topology(config: LabConfig): Topology {
  const parts = subnets(config);
  const all = nodes(config, parts);
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
  };
}
