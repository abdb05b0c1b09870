import * as net from 'node:net';
import * as pulumi from '@pulumi/pulumi';
import { Certificate, CertificateAuthority, SigningKey } from '../../provider/resources';
import { listOf } from '../../util/optional';
import { kubeconfig } from './kubeconfig';
import { API_NAME, type Node, type Topology } from '../topology';

/** Longer than the life of any lab. */
const VALIDITY_DAYS = 365;

/** A user of the cluster, with a certificate and key in PEM. */
export interface Identity {
  /** Common name, for example `system:node:worker-0`. */
  user: string;
  certificate: pulumi.Output<string>;
  /** Secret. */
  privateKey: pulumi.Output<string>;
}

export interface CertificatesArgs {
  topology: Topology;
  /** Public address or name of the API, for example `203.0.113.100`. */
  apiAddress: pulumi.Input<string>;
  /** Public address of each public node, by the node's name. */
  publicIps: Record<string, pulumi.Input<string>>;
  /** Whether the lab has a service controller. Default: false. */
  loadBalancer?: boolean;
  /** Name of the cluster in kubectl's listings. Default: `hardway`. */
  cluster?: string;
}

interface Subject {
  commonName: string;
  organization?: string;
  dnsNames?: pulumi.Input<string[]>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  usages: ('client' | 'server')[];
}

/** Subject of the certificate that all etcd members share. */
const etcdSubject = (controllers: Node[]): Subject => ({
  commonName: 'etcd',
  dnsNames: ['localhost', ...controllers.map((node) => node.name)],
  ipAddresses: ['127.0.0.1', ...controllers.map((node) => node.privateIp)],
  usages: ['client', 'server'],
});

/** Subject of a kubelet's certificate, with the node's public address if it has one. */
const kubeletSubject = (
  { name, privateIp }: Node,
  publicIps: CertificatesArgs['publicIps'],
): Subject => ({
  commonName: `system:node:${name}`,
  organization: 'system:nodes',
  dnsNames: [name],
  ipAddresses: [privateIp, ...listOf(publicIps[name])],
  usages: ['client', 'server'],
});

/** The lab's certificate authorities, and the identities of the Hard Way. */
export class Certificates extends pulumi.ComponentResource {
  readonly ca: Identity;
  readonly admin: Identity;
  readonly controllerManager: Identity;
  readonly scheduler: Identity;
  readonly proxy: Identity;
  /** Controller of services of type LoadBalancer; unset if the lab has none. */
  readonly serviceController?: Identity;
  /** Server certificate of the API server. */
  readonly apiServer: Identity;
  /** Client certificate of the API server at kubelets, for the user that RBAC admits. */
  readonly kubeletClient: Identity;
  /** Certificate of all etcd members, with the name and address of each. */
  readonly etcd: Identity;
  readonly etcdClient: Identity;
  /**
   * Authority of the front proxy; only the API server has a certificate of it. Aggregated APIs trust
   * such a client to name the user of a request. With the lab's own authority, any client of the
   * cluster could claim to be any user.
   */
  readonly frontProxyCa: Identity;
  /** Client certificate of the API server towards aggregated APIs, issued by `frontProxyCa`. */
  readonly frontProxyClient: Identity;
  /** Key pair that signs service account tokens. The private key is secret. */
  readonly serviceAccounts: { publicKey: pulumi.Output<string>; privateKey: pulumi.Output<string> };
  /** Identities of the kubelets, by node name. */
  readonly workers: Record<string, Identity>;
  /** URL of the API on nodes: /etc/hosts maps its name to the controllers' private addresses. */
  readonly privateServer: string;
  /** Secret: kubeconfig of user admin, with the API's public address. */
  readonly adminKubeconfig: pulumi.Output<string>;
  private readonly cluster: string;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.ComponentResourceOptions) {
    super('hardway:lab:Certificates', name, {}, opts);
    const { topology, apiAddress } = args;
    this.cluster = args.cluster ?? 'hardway';
    this.privateServer = `https://${API_NAME}:${topology.apiPort}`;

    this.ca = this.authority(`${name}-ca`, 'kubernetes-ca');
    this.frontProxyCa = this.authority(`${name}-front-proxy-ca`, 'front-proxy-ca');
    const issue = (file: string, subject: Subject): Identity =>
      this.issue(`${name}-${file}`, subject, this.ca);
    const client = (file: string, commonName: string, organization?: string): Identity =>
      issue(file, { commonName, organization, usages: ['client'] });

    this.admin = client('admin', 'admin', 'system:masters');
    this.controllerManager = client(
      'kube-controller-manager',
      'system:kube-controller-manager',
      'system:kube-controller-manager',
    );
    this.scheduler = client('kube-scheduler', 'system:kube-scheduler', 'system:kube-scheduler');
    this.proxy = client('kube-proxy', 'system:kube-proxy', 'system:node-proxier');
    if (args.loadBalancer)
      this.serviceController = client('service-controller', 'hardway:service-controller');
    this.kubeletClient = client('kubelet-client', 'kubernetes');
    this.frontProxyClient = this.issue(
      `${name}-front-proxy-client`,
      { commonName: 'front-proxy-client', usages: ['client'] },
      this.frontProxyCa,
    );
    this.etcdClient = client('etcd-client', 'kube-apiserver');

    const controllers = topology.nodes.filter((node) => node.role === 'controller');
    this.etcd = issue('etcd', etcdSubject(controllers));
    this.apiServer = issue('kube-apiserver', {
      commonName: 'kube-apiserver',
      ...apiServerNames(topology, controllers, apiAddress),
      usages: ['server'],
    });
    this.serviceAccounts = new SigningKey(
      `${name}-service-accounts`,
      { comment: 'service-accounts' },
      { parent: this },
    );
    this.workers = Object.fromEntries(
      topology.nodes
        .filter((node) => node.role === 'worker')
        .map((node) => [node.name, issue(node.name, kubeletSubject(node, args.publicIps))]),
    );
    this.adminKubeconfig = this.kubeconfig(
      this.admin,
      pulumi.interpolate`https://${apiAddress}:${topology.apiPort}`,
    );
    this.registerOutputs({});
  }

  /** Secret: returns the kubeconfig of `identity` for the API server at `server`. */
  kubeconfig(identity: Identity, server: pulumi.Input<string>): pulumi.Output<string> {
    return pulumi.secret(
      pulumi
        .all([server, this.ca.certificate, identity.certificate, identity.privateKey])
        .apply(([address, certificateAuthority, certificate, privateKey]) =>
          kubeconfig({
            cluster: this.cluster,
            server: address,
            certificateAuthority,
            user: identity.user,
            certificate,
            privateKey,
          }),
        ),
    );
  }

  private authority(name: string, commonName: string): Identity {
    const args = { commonName, validityDays: VALIDITY_DAYS };
    return identity(commonName, new CertificateAuthority(name, args, { parent: this }));
  }

  private issue(name: string, subject: Subject, authority: Identity): Identity {
    const certificate = new Certificate(
      name,
      {
        ...subject,
        caCertificate: authority.certificate,
        caPrivateKey: authority.privateKey,
        validityDays: VALIDITY_DAYS,
      },
      { parent: this },
    );
    return identity(subject.commonName, certificate);
  }
}

const identity = (
  user: string,
  {
    certificate,
    privateKey,
  }: { certificate: pulumi.Output<string>; privateKey: pulumi.Output<string> },
): Identity => ({
  user,
  certificate,
  privateKey,
});

/** Returns all names and addresses by which clients connect to the API server. */
function apiServerNames(
  topology: Topology,
  controllers: Node[],
  apiAddress: pulumi.Input<string>,
): Pick<Subject, 'dnsNames' | 'ipAddresses'> {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${topology.clusterDomain}`,
  ];
  const addresses = [
    '127.0.0.1',
    topology.apiServiceIp,
    ...listOf(topology.ipv6?.apiServiceIp),
    ...controllers.map((node) => node.privateIp),
  ];
  const names = [API_NAME, ...service, 'localhost', ...controllers.map((node) => node.name)];
  return withPublic(apiAddress, names, addresses);
}

/** Adds the public endpoint: a load balancer has an address on one cloud and a name on another. */
function withPublic(
  apiAddress: pulumi.Input<string>,
  names: string[],
  addresses: string[],
): Pick<Subject, 'dnsNames' | 'ipAddresses'> {
  const known = pulumi.output(apiAddress);
  return {
    dnsNames: known.apply((address) => (net.isIP(address) ? names : [...names, address])),
    ipAddresses: known.apply((address) =>
      net.isIP(address) ? [...new Set([...addresses, address])] : addresses,
    ),
  };
}
