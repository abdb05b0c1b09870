import type * as pulumi from '@pulumi/pulumi';
import { itemsIf } from '../../../../util/optional';
import type { Identity } from '../../../pki/certificates';
import type { Node } from '../../../topology';
import { type BootstrapArgs, type Step, type StepFile, confidential, plain } from '../../step';

/** Returns the files of a certificate and its key, with the Hard Way's names: NAME.pem, NAME-key.pem. */
const pair = (path: string, { certificate, privateKey }: Identity): StepFile[] => [
  plain(`${path}.pem`, certificate),
  confidential(`${path}-key.pem`, privateKey),
];

function controllerFiles(
  { index }: Node,
  { certificates, topology, serviceAddresses = [] }: BootstrapArgs,
): StepFile[] {
  const kubernetes = '/var/lib/kubernetes';
  const local = (identity: Identity): pulumi.Output<string> =>
    certificates.kubeconfig(identity, `https://127.0.0.1:${topology.apiPort}`);
  const balances = index === 0 && serviceAddresses.length > 0;
  return [
    plain('/etc/etcd/ca.pem', certificates.ca.certificate),
    ...pair('/etc/etcd/etcd', certificates.etcd),
    ...pair(`${kubernetes}/ca`, certificates.ca),
    ...pair(`${kubernetes}/kube-apiserver`, certificates.apiServer),
    ...pair(`${kubernetes}/etcd-client`, certificates.etcdClient),
    plain(`${kubernetes}/front-proxy-ca.pem`, certificates.frontProxyCa.certificate),
    ...pair(`${kubernetes}/front-proxy-client`, certificates.frontProxyClient),
    ...pair(`${kubernetes}/kubelet-client`, certificates.kubeletClient),
    plain(`${kubernetes}/service-accounts.pem`, certificates.serviceAccounts.publicKey),
    confidential(`${kubernetes}/service-accounts-key.pem`, certificates.serviceAccounts.privateKey),
    confidential(
      `${kubernetes}/kube-controller-manager.kubeconfig`,
      local(certificates.controllerManager),
    ),
    confidential(`${kubernetes}/kube-scheduler.kubeconfig`, local(certificates.scheduler)),
    confidential(`${kubernetes}/admin.kubeconfig`, local(certificates.admin)),
    ...itemsIf(balances, certificates.serviceController!).map((identity) =>
      confidential(`${kubernetes}/service-controller.kubeconfig`, local(identity)),
    ),
  ];
}

function workerFiles(node: Node, { certificates }: BootstrapArgs): StepFile[] {
  const worker = certificates.workers[node.name];
  return [
    plain('/var/lib/kubernetes/ca.pem', certificates.ca.certificate),
    ...pair(`/var/lib/kubelet/${node.name}`, worker),
    confidential(
      '/var/lib/kubelet/kubeconfig',
      certificates.kubeconfig(worker, certificates.privateServer),
    ),
    confidential(
      '/var/lib/kube-proxy/kubeconfig',
      certificates.kubeconfig(certificates.proxy, certificates.privateServer),
    ),
  ];
}

export const certificates: Step = {
  name: 'certificates',
  description: 'The keys, certificates and kubeconfigs of the node’s services are in place',
  on: 'all',
  stage: 'network',
  secret: true,
  files(node, lab) {
    if (node.role === 'controller') return controllerFiles(node, lab);
    return workerFiles(node, lab);
  },
};
