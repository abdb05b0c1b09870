import type * as pulumi from '@pulumi/pulumi';
import type { SshKey } from '../provider/resources';
import type { Download } from './bootstrap';
import type { LabConfig } from './config';
import type { Machine } from './machine';
import type { JumpLogin } from './outputs';
import type { Topology } from './topology';

/** Input of every part of a cloud: what is known before the first resource of the network. */
export interface LabContext {
  /** Name of the lab, for example `aws-s01`. Every resource is named after it. */
  lab: string;
  config: LabConfig;
  topology: Topology;
  /** Key pair of user `ubuntu` on every node. */
  sshKey: SshKey;
  /** Tags that a cloud puts on every resource that can have tags. */
  tags: Tags;
  /** Parent of every resource: the component `Lab`. */
  parent: pulumi.Resource;
}

/** Owner and expiry of a lab's resources. Leftovers are found by them. */
export interface Tags {
  /** The lab's name. Key on a cloud: `hardway-lab`. */
  lab: string;
  /** Random id of this lab's state, such as `0a1b2c3d`. Key on a cloud: `hardway-state`. */
  state: pulumi.Input<string>;
  /** Config key `student`; default: the lab's name. */
  student: string;
  /** UTC, such as `2026-12-01T18:00Z`; empty: never. Fixed at the lab's first `up`. */
  expires: pulumi.Input<string>;
}

/** An error that the user can repair, such as missing credentials. Printed without a stack trace. */
export class CloudError extends Error {}

/** Result of a part of a cloud. */
export interface Part {
  /** Resources that must exist before the first SSH login: gateway, routes, firewall rules. */
  reachable: pulumi.Resource[];
}

/** The load balancer, without its targets. */
export interface ApiEndpoint {
  /** Public address of the API, for example `203.0.113.100`. Profile small: the gateway node's. */
  address: pulumi.Output<string>;
}

/** Registration of the controllers with the load balancer. */
export interface ApiTargets extends Part {
  /** Resources, beside the controllers, that make the API answer at its public address. */
  answering: pulumi.Resource[];
}

/** Service with a balancer of the cloud, and the balancer's address. */
export interface ServiceAddress {
  /** `NAMESPACE/NAME`, for example `default/nginx`. */
  service: string;
  /** For example `203.0.113.101`. Known before the balancer exists. */
  address: pulumi.Output<string>;
}

/** Access of the service controller to a cluster. */
export interface ServiceAccess {
  /** Secret: kubeconfig of the controller. */
  kubeconfig: pulumi.Output<string>;
  /** Resources after which the cluster is up and admits the controller. */
  ready: pulumi.Resource[];
}

/** Features of one cloud that have no counterpart on the others. */
export interface Extras {
  /** URL of the registry that nodes pull from; unset: the registries that images name. */
  imageMirror?: pulumi.Output<string>;
  /** Sources of the nodes' programs; unset if the machines come with them. */
  downloads?: Download[];
  /** Resolvers of names outside the cluster; unset if nodes cannot reach the internet. */
  upstreamResolvers?: string[];
  /** Rule of chain FORWARD that keeps pods from the metadata server; unset if the cloud does. */
  metadataWall?: string;
  /** Rule of ip6tables that does so for IPv6; unset unless the lab is dual-stack. */
  metadataWall6?: string;
  /** Local only: the network namespace of the VPC router, for example `hardway.local.router`. */
  router?: pulumi.Output<string>;
  /** Local only: the login of the lab's jump host; unset if `jumpCidrs` is empty. */
  jump?: pulumi.Output<JumpLogin>;
  /**
   * Local only: creates the controller of services of type LoadBalancer, once the cluster is up;
   * unset if `loadBalancer` is false.
   */
  balanceServices?(cluster: ServiceAccess): void;
  /** Whether etcd may skip `fsync`, because the machines' disks hold nothing of value. Default: false. */
  disposable?: boolean;
}

/** Types in which clouds differ. */
export interface CloudTypes {
  /** Options of every resource: its parent, and on AWS and Google Cloud the lab's provider. */
  options: pulumi.CustomResourceOptions;
  network: Part;
  firewall: Part;
  loadBalancer: ApiEndpoint;
  machine: Machine;
}

/** Input of each part: the lab, and the options of its resources. */
export type Context<T extends CloudTypes> = LabContext & { options: T['options'] };

/** Results of the parts that are built, by the name of the part. */
export interface Built<T extends CloudTypes> {
  network: T['network'];
  firewall: T['firewall'];
  loadBalancer: T['loadBalancer'];
  machines: T['machine'][];
}

/** Parts of a cloud, in the order in which `buildCloud` creates them. */
export interface Cloud<T extends CloudTypes = CloudTypes> {
  /** Throws a CloudError if the host has no credentials, or the config lacks an account or project. */
  requireCredentials(config: LabConfig): void;
  /** Creates the lab's provider. Throws a CloudError if the cloud does not accept the lab's name. */
  options(lab: LabContext): T['options'];
  /** Creates the VPC, its subnets, and the way to the internet. */
  network(context: Context<T>): T['network'];
  /** Creates the VPC's firewall, which admits only packets that a rule of the topology names. */
  firewall(context: Context<T>, built: Pick<Built<T>, 'network'>): T['firewall'];
  /** Creates the API's public address, and the load balancer. Depends on no instance. */
  loadBalancer(context: Context<T>, built: Pick<Built<T>, 'network'>): T['loadBalancer'];
  /** Creates the instances that become nodes. */
  instances(
    context: Context<T>,
    built: Pick<Built<T>, 'network' | 'firewall' | 'loadBalancer'>,
  ): T['machine'][];
  /** Routes each worker's pod CIDR to the worker, and private nodes' packets to the gateway node. */
  routes(context: Context<T>, built: Pick<Built<T>, 'network' | 'machines'>): Part;
  /** Gives the API's address to the controllers: as targets of the load balancer, or directly. */
  apiTargets(context: Context<T>, built: Pick<Built<T>, 'loadBalancer' | 'machines'>): ApiTargets;
  /** Creates the load balancers of the services in `loadBalancers`; none on local labs. */
  serviceBalancers(
    context: Context<T>,
    built: Pick<Built<T>, 'network' | 'loadBalancer' | 'machines'>,
  ): ServiceAddress[];
  /** Creates what only this cloud has. */
  extras(context: Context<T>, built: Pick<Built<T>, 'network' | 'loadBalancer'>): Extras;
}

/** Result of `buildCloud`: the machines of a lab, and how bootstrap and users reach them. */
export interface CloudResult extends Extras, Part {
  machines: Machine[];
  /** Public address of the API: the load balancer's, or the one public controller's. */
  apiAddress: pulumi.Output<string>;
  /** Resources, beside the controllers, that make the API answer at `apiAddress`. */
  balancer: pulumi.Resource[];
  /** Services with a balancer of the cloud. */
  serviceAddresses: ServiceAddress[];
}

/**
 * Creates a lab's network and machines on `cloud`: the same parts, in the same order, on each cloud.
 * A resource waits only for the resources that it depends on, not for the parts before its own.
 */
export function buildCloud<T extends CloudTypes>(cloud: Cloud<T>, lab: LabContext): CloudResult {
  const context = { ...lab, options: cloud.options(lab) };
  const network = cloud.network(context);
  const firewall = cloud.firewall(context, { network });
  const loadBalancer = cloud.loadBalancer(context, { network });
  const machines = cloud.instances(context, { network, firewall, loadBalancer });
  const routes = cloud.routes(context, { network, machines });
  const targets = cloud.apiTargets(context, { loadBalancer, machines });
  return {
    ...cloud.extras(context, { network, loadBalancer }),
    machines,
    apiAddress: loadBalancer.address,
    reachable: [network, firewall, routes, targets].flatMap(({ reachable }) => reachable),
    balancer: targets.answering,
    serviceAddresses: cloud.serviceBalancers(context, { network, loadBalancer, machines }),
  };
}
