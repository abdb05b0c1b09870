import type * as pulumi from '@pulumi/pulumi';
import { resource } from './resource';

export interface SiteArgs {
  /** The lab's name: everything of it on this machine carries it. */
  lab: pulumi.Input<string>;
  /** When the lab should be gone, in UTC: `2026-12-01T18:00Z`; empty: never. */
  expires: pulumi.Input<string>;
  /** Bytes that all of the lab may take together, a multiple of MiB. */
  memoryLimit: pulumi.Input<number>;
  /** Processes and threads that it may have. */
  processLimit: pulumi.Input<number>;
}

/** The lab's place on this machine, bounded: whatever is in it when it is deleted goes too. */
export class Site extends resource<SiteArgs>('hardway:local:Site') {}

export interface NetworkArgs {
  /** The lab's name: everything of it on this machine carries it. */
  lab: pulumi.Input<string>;
  nodeCidr: pulumi.Input<string>;
  podCidr: pulumi.Input<string>;
  /** The VPC router's address, the first of the node network. */
  gateway: pulumi.Input<string>;
  /** What the lab's public /24 is taken from. */
  publicPool: pulumi.Input<string>;
  /** Bytes. */
  mtu: pulumi.Input<number>;
}

interface NetworkComputed {
  /** The lab's public /24, held for its life. */
  publicCidr: string;
  /** Name of the network namespace that is the VPC router. */
  router: string;
  /** This machine's address toward the lab. */
  hostIp: string;
  /** Changes exactly when the network is another one: what is in it must be made again. */
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

/** One rule of the VPC's firewall, as FirewallRule takes it. */
export interface FirewallRuleSpec {
  name: pulumi.Input<string>;
  /** Why the rule exists, in a sentence. */
  description: pulumi.Input<string>;
  protocol: pulumi.Input<'tcp' | 'udp' | 'icmp'>;
  /** Both ports or none (icmp); both included. */
  firstPort?: pulumi.Input<number>;
  lastPort?: pulumi.Input<number>;
  /** CIDRs that packets may come from. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
  /** Private addresses of the machines that the rule lets packets in to. */
  targets: pulumi.Input<pulumi.Input<string>[]>;
}

export interface FirewallRuleArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  rule: pulumi.Input<FirewallRuleSpec>;
}

/** What the VPC's firewall lets in; without any rule, nothing. */
export class FirewallRule extends resource<FirewallRuleArgs>('hardway:local:FirewallRule') {}

export interface InstanceArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  /** Its host name, too. */
  name: pulumi.Input<string>;
  privateIp: pulumi.Input<string>;
  /** In the lab's public /24; the router maps it to the private one. */
  publicIp: pulumi.Input<string>;
  gateway: pulumi.Input<string>;
  /** Of the node network. */
  prefixLength: pulumi.Input<number>;
  /** Bytes. */
  mtu: pulumi.Input<number>;
  /** May send and receive addresses that are not its own. */
  canIpForward: pulumi.Input<boolean>;
  /** The machine's SSH host key: the public line. */
  hostPublicKey: pulumi.Input<string>;
  /** Secret: its private half. */
  hostPrivateKey: pulumi.Input<string>;
  /** Line of authorized_keys that lets people in as ubuntu. */
  authorizedKey: pulumi.Input<string>;
  /** Path of the Debian tree that the machine's own files lie over. */
  tree: pulumi.Input<string>;
  /** Path of the directory with the programs that nodes install. */
  store: pulumi.Input<string>;
}

interface InstanceComputed {
  /** Changes exactly when the machine is another one. */
  generation: string;
}

/** A machine: systemd-nspawn on an overlay of the Debian tree. */
export class Instance extends resource<InstanceArgs, InstanceComputed>(
  'hardway:local:Instance',
  'generation',
) {}

export interface RouteArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  /** A pod CIDR. */
  destination: pulumi.Input<string>;
  /** Private address of the worker that owns it. */
  nextHopIp: pulumi.Input<string>;
}

/** One entry of the VPC router's table. */
export class Route extends resource<RouteArgs>('hardway:local:Route') {}

/** A machine that connections are handed on to. */
export interface Target {
  name: string;
  privateIp: string;
}

export interface LoadBalancerArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  /** The same on both sides. */
  port: pulumi.Input<number>;
  /** Where people connect to. */
  publicIp: pulumi.Input<string>;
  targets: pulumi.Input<pulumi.Input<Target>[]>;
  /** CIDRs that may connect. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
}

/** HAProxy before the controllers' API servers. */
export class LoadBalancer extends resource<LoadBalancerArgs>('hardway:local:LoadBalancer') {}

export interface ImageMirrorArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  /** Where nodes reach it. */
  address: pulumi.Input<string>;
  port: pulumi.Input<number>;
  /** Path of the directory with the images. */
  images: pulumi.Input<string>;
}

/** What nodes pull images from instead of a registry on the internet. */
export class ImageMirror extends resource<ImageMirrorArgs>('hardway:local:ImageMirror') {}

export interface JumpHostArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  publicPool: pulumi.Input<string>;
  /** The lab's public /24. */
  publicCidr: pulumi.Input<string>;
  /** This machine's address toward the lab. */
  hostIp: pulumi.Input<string>;
  /** The machines that it leads to, any port. */
  nodes: pulumi.Input<pulumi.Input<Target>[]>;
  /** Where the API's load balancer listens, which it leads to as well. */
  api: pulumi.Input<{ address: pulumi.Input<string>; port: pulumi.Input<number> }>;
  /** CIDRs that may connect, from outside this machine. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
  /** Its SSH host key: the public line. */
  hostPublicKey: pulumi.Input<string>;
  /** Secret: its private half. */
  hostPrivateKey: pulumi.Input<string>;
  /** Line of authorized_keys that lets students in. */
  authorizedKey: pulumi.Input<string>;
  /** Path of the Debian tree whose sshd it is. */
  tree: pulumi.Input<string>;
}

interface JumpHostComputed {
  /** Whom students log in as. */
  user: string;
  /** Where this machine listens for it; the lab's own. */
  port: number;
  /** Numeric id of whom it runs as; the lab's own. */
  userId: number;
}

/** What students go through from their own laptops: an sshd that leads to the lab's machines and nowhere else. */
export class JumpHost extends resource<JumpHostArgs, JumpHostComputed>(
  'hardway:local:JumpHost',
  'user',
  'port',
  'userId',
) {}
