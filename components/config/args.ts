import type { Stage } from './stage';

/** Clouds of labs: the host, Amazon Web Services, and Google Cloud. */
export const CLOUDS = ['local', 'aws', 'gcp'] as const;

/** Name of a lab's cloud. */
export type CloudName = (typeof CLOUDS)[number];

/** Size of a lab. `small` is for clouds: one controller, two workers, one public address. */
export type Profile = 'full' | 'small';

/**
 * Arguments of a lab. All are optional. They are plain values, because the network plan must be
 * known before the first resource exists. An argument that the chosen cloud ignores is a mistake.
 */
export interface LabArgs {
  /**
   * Cloud of the lab: `local` (the host, as root), `aws` or `gcp`.
   * @default 'local'
   * @example 'aws'
   */
  cloud?: CloudName;
  /**
   * Size of the lab. `small` is for clouds: fewer nodes, one of them with a public address.
   * @default 'full'
   * @example 'small'
   */
  profile?: Profile;
  /**
   * Number of controllers: 1 or 3.
   * @default 3; 1 in profile small
   * @example 1
   */
  controllers?: number;
  /**
   * Number of workers: 1 to 9. Each owns a /24 of `podCidr`.
   * @default 3; 2 in profile small
   * @example 4
   */
  workers?: number;
  /**
   * Subnet of the nodes: controllers are hosts 10 to 12, workers are hosts 20 to 28.
   * @default '10.240.0.0/24'
   * @example '10.50.0.0/24'
   */
  nodeCidr?: string;
  /**
   * Pod network; each worker owns a /24.
   * @default '10.200.0.0/16'
   * @example '10.51.0.0/16'
   */
  podCidr?: string;
  /**
   * Service network; kube-dns is host 10.
   * @default '10.32.0.0/24'
   * @example '10.52.0.0/24'
   */
  serviceCidr?: string;
  /**
   * IP families of nodes, pods and services. `dual` adds IPv6 networks: pods fd00:10:200::/48 with
   * a /64 for each worker, services fd00:10:32::/112, and nodes fd00:10:240::/64. On AWS and Google
   * Cloud the VPC chooses the network of the nodes. Clients outside of the lab use IPv4.
   * @default 'ipv4'
   * @example 'dual'
   */
  ipFamily?: 'ipv4' | 'dual';
  /**
   * Whether the CNI bridge masquerades packets that leave a pod's own /24.
   * @default true
   * @example false
   */
  ipMasq?: boolean;
  /**
   * Whether pods may have a `hostPort`, by the CNI plugin portmap. The article has none.
   * @default false
   * @example true
   */
  hostPorts?: boolean;
  /**
   * Local only for now: whether services of type LoadBalancer get an address of the lab's public
   * /24. The article has none.
   * @default false
   * @example true
   */
  loadBalancer?: boolean;
  /**
   * Clouds only, profile full: services of type LoadBalancer that get a balancer of the cloud, as
   * `NAMESPACE/NAME:PORT=NODEPORT`. The service must have that `nodePort`. `@PORT` at the end names
   * the `healthCheckNodePort` of a service with `externalTrafficPolicy: Local`.
   * @default none
   * @example ['default/nginx:80=31080', 'default/web:443=31443@31444']
   */
  loadBalancers?: string[];
  /**
   * Backend of kube-proxy.
   * @default 'iptables'
   * @example 'nftables'
   */
  proxyMode?: 'iptables' | 'nftables';
  /**
   * How far bootstrap goes: `none` (reachable nodes without software), `network` (the article's
   * nodes) or `cluster` (also DNS).
   * @default 'cluster'
   * @example 'network'
   */
  stage?: Stage;
  /**
   * CIDRs that may log in, ping and reach the API. Clouds require a value. `auto`, the host's public
   * address, works in config only; a program awaits `publicCidr()`.
   * @default ['198.18.0.0/15'] for local labs
   * @example ['198.51.100.4/32']
   */
  adminCidrs?: string[];
  /**
   * CIDRs that reach services of type NodePort.
   * @default ['0.0.0.0/0'] for local labs; `adminCidrs` on clouds
   * @example ['198.51.100.0/24']
   */
  nodePortCidrs?: string[];
  /**
   * TCP port of the Kubernetes API.
   * @default 6443
   * @example 8443
   */
  apiPort?: number;
  /**
   * Largest packet in bytes, for nodes, CNI bridge and pods.
   * @default 1500 for local labs, 9001 on AWS, 1460 on GCP
   * @example 1400
   */
  mtu?: number;
  /**
   * Local only: CIDRs outside the host that may use the lab's jump host.
   * @default none, and no jump host
   * @example ['192.0.2.0/24']
   */
  jumpCidrs?: string[];
  /**
   * Local only: pool of the labs' public /24s.
   * @default '198.18.0.0/15'
   * @example '198.19.0.0/16'
   */
  publicPool?: string;
  /**
   * Local only: memory of the whole lab, in bytes or with a unit.
   * @default '1Gi' for each node
   * @example '4Gi'
   */
  memoryLimit?: number | string;
  /**
   * Local only: processes and threads of the whole lab.
   * @default 512 for each node
   * @example 4096
   */
  processLimit?: number;
  /**
   * AWS only: region.
   * @default 'us-west-2'
   * @example 'eu-central-1'
   */
  region?: string;
  /**
   * Clouds only: zone.
   * @default 'us-west1-c' on GCP; on AWS the first zone that offers both machine types
   * @example 'us-west-2a'
   */
  zone?: string;
  /**
   * GCP only: project id.
   * @default the project of the environment
   * @example 'my-project'
   */
  project?: string;
  /**
   * Clouds only: machine type of controllers.
   * @default 't3.small' on AWS, 'e2-small' on GCP
   * @example 't3.medium'
   */
  controllerType?: string;
  /**
   * Clouds only: machine type of workers.
   * @default 't3.small' on AWS, 'e2-small' on GCP
   * @example 't3.medium'
   */
  workerType?: string;
  /**
   * Clouds only: mirror of the nodes' downloads, which serves each file at `MIRROR/HOST/PATH`.
   * @default the official addresses
   * @example 'https://mirror.example'
   */
  mirror?: string;
  /**
   * Clouds only: owner of the lab, for its tags.
   * @default the lab's name
   * @example 'ada'
   */
  student?: string;
  /**
   * Expiry: a time, or a duration from the first `pulumi up`. `./lab reap` deletes expired labs.
   * @default '8h' on clouds; local labs never expire
   * @example '2026-12-01T18:00Z'
   */
  expires?: string;
}
