import type { Protocol } from '../packet';

/** Route of a VPC, as the cloud's API reports it. */
export interface VpcRoute {
  /** CIDR, for example `10.200.1.0/24`. */
  destination: string;
  /** Decides between routes to the same destination: the lowest number wins. */
  priority: number;
  /** Next hop. `inside`: the interface with the packet's destination. */
  to: 'inside' | 'internet' | 'nothing' | { interface: string };
  /** Route as a reader knows it: `rtb-1: 10.200.1.0/24 via worker-1 (eni-2)`. */
  text: string;
}

/** Rule of a VPC's firewall, as the cloud's API reports it. */
export interface VpcRule {
  /** Resource that has the rule, for example `security group nodes-all`. */
  chain: string;
  text: string;
  protocol: Protocol | 'all';
  /** First and last destination port; unset for all. */
  ports?: [number, number];
  /** CIDRs of the other end. */
  cidrs: string[];
  /** The rule with the lowest number decides. */
  priority: number;
  admits: boolean;
}

/** Network interface of a VPC. */
export interface VpcInterface {
  /** Id of the interface or instance. */
  id: string;
  /** Node of the lab; the id if the interface belongs to none. */
  node: string;
  privateIp: string;
  /** Empty if the interface has none. */
  publicIp: string;
  /** Whether it may send and receive packets of other addresses. */
  forwards: boolean;
  /** Setting that `forwards` follows from: `eni-1: SourceDestCheck true`. */
  setting: string;
  /** Routes of the packets that it sends. */
  routes: VpcRoute[];
  ingress: VpcRule[];
  egress: VpcRule[];
}
