import type * as pulumi from '@pulumi/pulumi';
import { resource } from './resource';

export interface SiteArgs {
  /** Name of the lab. Part of the name of every resource on the host. */
  lab: pulumi.Input<string>;
  /** Expiry of the lab in UTC: `2026-12-01T18:00Z`; empty: never. */
  expires: pulumi.Input<string>;
  /** Memory limit of the whole lab in bytes, a multiple of MiB. */
  memoryLimit: pulumi.Input<number>;
  /** Limit of processes and threads. */
  processLimit: pulumi.Input<number>;
}

/**
 * A lab's workspace on the host: its control group with resource limits. Its deletion deletes
 * everything in it.
 */
export class Site extends resource<SiteArgs>('hardway:local:Site') {}

export interface NetworkArgs {
  /** Name of the lab. Part of the name of every resource on the host. */
  lab: pulumi.Input<string>;
  nodeCidr: pulumi.Input<string>;
  podCidr: pulumi.Input<string>;
  /** The VPC router's address, the first of the node network. */
  gateway: pulumi.Input<string>;
  /** Address pool of the lab's public /24, for example `198.18.0.0/16`. */
  publicPool: pulumi.Input<string>;
  /** Bytes. */
  mtu: pulumi.Input<number>;
}

interface NetworkComputed {
  /** Public /24 of the lab, reserved until the lab is deleted. */
  publicCidr: string;
  /** Name of the network namespace that is the VPC router. */
  router: string;
  /** Address of the host in the lab's public /24. */
  hostIp: string;
  /**
   * Changes exactly when the network is replaced. Resources in the network must then be recreated.
   */
  generation: string;
}

/** The emulated VPC: a network namespace that is its router, and the lab's public /24. */
export class Network extends resource<NetworkArgs, NetworkComputed>(
  'hardway:local:Network',
  'publicCidr',
  'router',
  'hostIp',
  'generation',
) {}

/** Specification of one firewall rule of the VPC. */
export interface FirewallRuleSpec {
  name: pulumi.Input<string>;
  /** Purpose of the rule, one sentence. */
  description: pulumi.Input<string>;
  protocol: pulumi.Input<'tcp' | 'udp' | 'icmp'>;
  /** First and last port, inclusive. Both are absent for icmp. */
  firstPort?: pulumi.Input<number>;
  lastPort?: pulumi.Input<number>;
  /** CIDRs that packets may come from. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
  /** Private addresses of the nodes that the rule applies to. */
  targets: pulumi.Input<pulumi.Input<string>[]>;
}

export interface FirewallRuleArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  rule: pulumi.Input<FirewallRuleSpec>;
}

/** A rule that admits packets through the VPC's firewall. Without rules nothing is admitted. */
export class FirewallRule extends resource<FirewallRuleArgs>('hardway:local:FirewallRule') {}

export interface InstanceArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  /** Name of the node, also its host name. */
  name: pulumi.Input<string>;
  privateIp: pulumi.Input<string>;
  /** Address in the lab's public /24. The router translates it to the private address. */
  publicIp: pulumi.Input<string>;
  gateway: pulumi.Input<string>;
  /** Prefix length of the node network. */
  prefixLength: pulumi.Input<number>;
  /** Bytes. */
  mtu: pulumi.Input<number>;
  /** Permits packets from and to addresses that the node does not own. */
  canIpForward: pulumi.Input<boolean>;
  /** Public line of the node's SSH host key. */
  hostPublicKey: pulumi.Input<string>;
  /** Secret: private half of the SSH host key. */
  hostPrivateKey: pulumi.Input<string>;
  /** Line of authorized_keys for the user ubuntu. */
  authorizedKey: pulumi.Input<string>;
  /** Path of the Debian tree, the lowest layer of the node's file system. */
  tree: pulumi.Input<string>;
  /** Path of the directory of the node programs. */
  store: pulumi.Input<string>;
}

interface InstanceComputed {
  /** Changes exactly when the node is replaced. */
  generation: string;
}

/** A node: systemd-nspawn on an overlay of the Debian tree. */
export class Instance extends resource<InstanceArgs, InstanceComputed>(
  'hardway:local:Instance',
  'generation',
) {}

export interface RouteArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  /** A pod CIDR. */
  destination: pulumi.Input<string>;
  /** Private address of the worker that owns it. */
  nextHopIp: pulumi.Input<string>;
}

/** One route in the VPC router's table. */
export class Route extends resource<RouteArgs>('hardway:local:Route') {}

/** A node that connections are forwarded to. */
export interface Target {
  name: string;
  privateIp: string;
}

export interface LoadBalancerArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  /** Port of the load balancer and of its targets. */
  port: pulumi.Input<number>;
  /** Address that clients connect to. */
  publicIp: pulumi.Input<string>;
  targets: pulumi.Input<pulumi.Input<Target>[]>;
  /** CIDRs that may connect. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
}

/** HAProxy in front of the controllers' API servers. */
export class LoadBalancer extends resource<LoadBalancerArgs>('hardway:local:LoadBalancer') {}

export interface ImageMirrorArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  /** Address of the mirror in the VPC. */
  address: pulumi.Input<string>;
  port: pulumi.Input<number>;
  /** Path of the directory with the images. */
  images: pulumi.Input<string>;
}

/** Registry that nodes pull images from, instead of one on the internet. */
export class ImageMirror extends resource<ImageMirrorArgs>('hardway:local:ImageMirror') {}

/** Address of the API's load balancer. */
export interface ApiAddress {
  address: pulumi.Input<string>;
  port: pulumi.Input<number>;
}

export interface JumpHostArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  publicPool: pulumi.Input<string>;
  /** The lab's public /24. */
  publicCidr: pulumi.Input<string>;
  /** Address of the host in the lab's public /24. */
  hostIp: pulumi.Input<string>;
  /** Nodes that students may connect to, on any port. */
  nodes: pulumi.Input<pulumi.Input<Target>[]>;
  /** Address of the API's load balancer, also permitted. */
  api: pulumi.Input<ApiAddress>;
  /** CIDRs outside the host that may connect. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
  /** Public line of the jump host's SSH host key. */
  hostPublicKey: pulumi.Input<string>;
  /** Secret: private half of the SSH host key. */
  hostPrivateKey: pulumi.Input<string>;
  /** Line of authorized_keys for students. */
  authorizedKey: pulumi.Input<string>;
  /** Path of the Debian tree that contains the jump host's sshd. */
  tree: pulumi.Input<string>;
}

interface JumpHostComputed {
  /** User name of the students. */
  user: string;
  /** Port on the host, unique to the lab. */
  port: number;
  /** Numeric user id of the jump host's processes, unique to the lab. */
  userId: number;
}

/**
 * An sshd for students' own laptops. It forwards connections to the lab's nodes and to nothing
 * else.
 */
export class JumpHost extends resource<JumpHostArgs, JumpHostComputed>(
  'hardway:local:JumpHost',
  'user',
  'port',
  'userId',
) {}

export interface ServiceControllerArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that the resource belongs to. */
  network: pulumi.Input<string>;
  /** Secret: kubeconfig of the controller. */
  kubeconfig: pulumi.Input<string>;
  /** Addresses for services of type LoadBalancer, lowest first. */
  pool: pulumi.Input<string[]>;
  /** Workers, which take the connections. */
  nodes: pulumi.Input<pulumi.Input<Target>[]>;
  /** CIDRs that may reach services. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
  nodeCidr: pulumi.Input<string>;
}

/** Gives services of type LoadBalancer an address, and forwards their connections to the workers. */
export class ServiceController extends resource<ServiceControllerArgs>(
  'hardway:local:ServiceController',
) {}
