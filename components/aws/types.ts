import type * as ec2 from '@pulumi/aws/ec2';
import type * as lb from '@pulumi/aws/lb';
import type { ApiEndpoint, Built, Context, Part } from '../cloud';
import type { Machine } from '../machine';
import type { Node, Subnet } from '../topology';
import type { Options } from './credentials';

/** A subnet of the VPC, with its own route table. */
export interface SubnetParts {
  plan: Subnet;
  subnet: ec2.Subnet;
  table: ec2.RouteTable;
}

export interface Network extends Part {
  vpc: ec2.Vpc;
  gateway: ec2.InternetGateway;
  subnets: SubnetParts[];
}

export interface Firewall extends Part {
  /** Returns the security groups of a node. */
  groupsOf(node: Node): ec2.SecurityGroup[];
}

export interface LoadBalancer extends ApiEndpoint {
  eip: ec2.Eip;
  /** Unset in profile small, which has no load balancer. */
  balancing?: { targets: lb.TargetGroup; listener: lb.Listener };
}

export interface AwsMachine extends Machine {
  resource: ec2.Instance;
}

/** Types of the parts on AWS. */
export interface Aws {
  options: Options;
  network: Network;
  firewall: Firewall;
  loadBalancer: LoadBalancer;
  machine: AwsMachine;
}

export type AwsContext = Context<Aws>;
export type AwsBuilt = Built<Aws>;
