import * as pulumi from '@pulumi/pulumi';

// Fields are declared, not defined: a field definition would overwrite the output that the base class has set.

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

/** The emulated VPC: a network namespace that is its router, and the lab's public /24. */
export class Network extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly nodeCidr: pulumi.Output<string>;
  declare readonly podCidr: pulumi.Output<string>;
  declare readonly gateway: pulumi.Output<string>;
  declare readonly publicPool: pulumi.Output<string>;
  declare readonly mtu: pulumi.Output<number>;
  /** The lab's public /24, held for its life. */
  declare readonly publicCidr: pulumi.Output<string>;
  /** Name of the network namespace that is the VPC router. */
  declare readonly router: pulumi.Output<string>;
  /** This machine's address toward the lab. */
  declare readonly hostIp: pulumi.Output<string>;
  /** Changes exactly when the network is another one: what is in it must be made again. */
  declare readonly generation: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:Network', name, { ...args, publicCidr: undefined, router: undefined, hostIp: undefined, generation: undefined }, options);
  }
}

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

/** The same, its values known. */
export type FirewallRuleState = pulumi.Unwrap<FirewallRuleSpec>;

export interface FirewallRuleArgs {
  lab: pulumi.Input<string>;
  /** Generation of the network that it is in. */
  network: pulumi.Input<string>;
  rule: pulumi.Input<FirewallRuleSpec>;
}

/** What the VPC's firewall lets in; without any rule, nothing. */
export class FirewallRule extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly network: pulumi.Output<string>;
  declare readonly rule: pulumi.Output<FirewallRuleState>;

  constructor(name: string, args: FirewallRuleArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:FirewallRule', name, { ...args }, options);
  }
}

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

/** A machine: systemd-nspawn on an overlay of the Debian tree. */
export class Instance extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly network: pulumi.Output<string>;
  declare readonly name: pulumi.Output<string>;
  declare readonly privateIp: pulumi.Output<string>;
  declare readonly publicIp: pulumi.Output<string>;
  declare readonly gateway: pulumi.Output<string>;
  declare readonly prefixLength: pulumi.Output<number>;
  declare readonly mtu: pulumi.Output<number>;
  declare readonly canIpForward: pulumi.Output<boolean>;
  declare readonly hostPublicKey: pulumi.Output<string>;
  /** Secret. */
  declare readonly hostPrivateKey: pulumi.Output<string>;
  declare readonly authorizedKey: pulumi.Output<string>;
  declare readonly tree: pulumi.Output<string>;
  declare readonly store: pulumi.Output<string>;
  /** Changes exactly when the machine is another one. */
  declare readonly generation: pulumi.Output<string>;

  constructor(name: string, args: InstanceArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:Instance', name, { ...args, generation: undefined }, options);
  }
}

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
export class Route extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly network: pulumi.Output<string>;
  declare readonly destination: pulumi.Output<string>;
  declare readonly nextHopIp: pulumi.Output<string>;

  constructor(name: string, args: RouteArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:Route', name, { ...args }, options);
  }
}

/** A machine that a load balancer sends connections to. */
export interface LoadBalancerTarget {
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
  targets: pulumi.Input<pulumi.Input<LoadBalancerTarget>[]>;
  /** CIDRs that may connect. */
  sources: pulumi.Input<pulumi.Input<string>[]>;
}

/** HAProxy before the controllers' API servers. */
export class LoadBalancer extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly network: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;
  declare readonly publicIp: pulumi.Output<string>;
  declare readonly targets: pulumi.Output<LoadBalancerTarget[]>;
  declare readonly sources: pulumi.Output<string[]>;

  constructor(name: string, args: LoadBalancerArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:LoadBalancer', name, { ...args }, options);
  }
}

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
export class ImageMirror extends pulumi.CustomResource {
  declare readonly lab: pulumi.Output<string>;
  declare readonly network: pulumi.Output<string>;
  declare readonly address: pulumi.Output<string>;
  declare readonly port: pulumi.Output<number>;
  declare readonly images: pulumi.Output<string>;

  constructor(name: string, args: ImageMirrorArgs, options?: pulumi.CustomResourceOptions) {
    super('hardway:local:ImageMirror', name, { ...args }, options);
  }
}
