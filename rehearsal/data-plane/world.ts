import * as fs from 'node:fs';

/** A rule of a security group. */
export interface GroupRule {
  /** tcp, udp, icmp, icmpv6, or -1 for every protocol. */
  protocol: string;
  from: number | null;
  to: number | null;
  cidr: string | null;
  /** Security group of the members that the rule is for, instead of a CIDR. */
  group: string | null;
}

export interface SecurityGroup {
  id: string;
  ingress: GroupRule[];
  egress: GroupRule[];
}

export interface Vpc {
  id: string;
  region: string;
  cidr: string;
  /** IPv6 network, a /56; unset in an IPv4 VPC. */
  cidr6?: string | null;
  /** Attached internet gateway. */
  gateway: string | null;
}

export interface Subnet {
  id: string;
  vpc: string;
  cidr: string;
  /** IPv6 network, a /64 of the VPC's. */
  cidr6?: string | null;
  table: string;
}

export interface Route {
  destination: string;
  /** Next hop; `null` if it does not exist any more. */
  via: { gateway: string } | { interface: string } | null;
}

export interface RouteTable {
  id: string;
  vpc: string;
  routes: Route[];
}

export interface Interface {
  id: string;
  vpc: string;
  subnet: string;
  privateIp: string;
  publicIp: string | null;
  /** IPv6 address, of the subnet's network. */
  ip6?: string | null;
  sourceDestCheck: boolean;
  groups: string[];
}

export interface Instance {
  id: string;
  interface: string;
  type: string;
  zone: string;
  image: string;
  state: string;
  /** Base64. */
  userData: string;
  key: { name: string; public: string } | null;
  metadata: { enabled: boolean; tokensRequired: boolean; hopLimit: number };
}

export interface Targets {
  port: number;
  preserveClientIp: boolean;
  instances: { id: string; port: number }[];
  health: {
    protocol: string;
    path: string | null;
    port: string;
    /** Seconds. */
    interval: number;
    timeout: number;
    healthy: number;
    unhealthy: number;
  };
}

export interface Balancer {
  id: string;
  interface: string;
  listeners: { port: number; protocol: string; targets: Targets | null }[];
}

/** A resource of the account, of any kind. */
export interface Resource {
  region: string;
  kind: string;
  id: string;
}

/** Everything that the emulated API holds. emulator/world.py writes it. */
export interface World {
  vpcs: Vpc[];
  subnets: Subnet[];
  tables: RouteTable[];
  groups: SecurityGroup[];
  interfaces: Interface[];
  instances: Instance[];
  balancers: Balancer[];
  resources: Resource[];
}

export const EMPTY: World = {
  vpcs: [],
  subnets: [],
  tables: [],
  groups: [],
  interfaces: [],
  instances: [],
  balancers: [],
  resources: [],
};

/** Returns the world now; empty before the first change. */
export function readWorld(file: string): World {
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as World;
  return EMPTY;
}
