import type { CloudName } from '../../components/config';

/**
 * Seconds from the request for a resource until the provider reports that it exists. Assumed, not measured: round
 * figures for a region without much load. The order of the resources comes from the program, only the times from here.
 */
export const CREATE: Record<Exclude<CloudName, 'local'>, Record<string, number>> = {
  aws: {
    Vpc: 3,
    InternetGateway: 1,
    Subnet: 1,
    SubnetCidrReservation: 1,
    RouteTable: 1,
    Route: 1,
    RouteTableAssociation: 1,
    SecurityGroup: 2,
    SecurityGroupIngressRule: 1,
    SecurityGroupEgressRule: 1,
    KeyPair: 1,
    Eip: 1,
    EipAssociation: 2,
    Instance: 14,
    LoadBalancer: 130,
    TargetGroup: 1,
    TargetGroupAttachment: 1,
    Listener: 1,
  },
  gcp: {
    Network: 22,
    Subnetwork: 12,
    Firewall: 11,
    Route: 12,
    Instance: 14,
    Address: 4,
    InstanceGroup: 11,
    InstanceGroupMembership: 11,
    RegionHealthCheck: 11,
    RegionBackendService: 11,
    ForwardingRule: 11,
  },
};

/** Seconds for resources of this project's provider: keys, certificates, id and deadline. */
export const OWN: Record<string, number> = {
  SshKey: 0.1,
  SigningKey: 0.5,
  CertificateAuthority: 0.1,
  Certificate: 0.1,
  Deadline: 0.1,
  LabId: 0.1,
  // One attempt that is answered at once. What is waited for (boot, targets) is counted with the machine or balancer.
  Reachable: 0.3,
};

/** Seconds from an instance's creation until it accepts logins. */
export const BOOT = 28;

/** Seconds of each session on an instance with two shared cores: the login and the steps. */
export const SESSIONS: Record<string, number> = {
  // Names, two files, one service: no downloads.
  gateway: 4,
  // Two key exchanges with each worker, 5 seconds apart.
  'private-nodes': 7,
  // Mostly downloads (some 250 MB) and a dozen Debian packages; certificates and services are the last 6 seconds of it.
  machine: 51,
  // Until etcd has a majority and the API server answers.
  'control-plane': 14,
  // Until the kubelet's node is Ready and kube-proxy has written its rules.
  registration: 8,
  objects: 2,
  // CoreDNS is requested, pulled, and ready.
  workloads: 10,
};
