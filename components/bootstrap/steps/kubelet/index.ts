import type * as pulumi from '@pulumi/pulumi';
import { textIf } from '../../../../util/optional';
import type { Node } from '../../../topology';
import { type BootstrapArgs, type Step, bothFamilies, plain, template } from '../../step';

/** Renders kubelet's unit with the node's addresses, of which a cloud may assign the IPv6 one. */
function unit(node: Node, machines: BootstrapArgs['machines']): pulumi.Input<string> {
  const withAddress = (ip6: string | undefined): string =>
    template('kubelet/kubelet.service', {
      NODE_NAME: node.name,
      NODE_IP: bothFamilies(node.privateIp, ip6),
    });
  const assigned = machines.find(({ name }) => name === node.name)?.assignedIp6;
  return assigned?.apply(withAddress) ?? withAddress(node.privateIp6);
}

// shared-disk.yaml: a local node's disk is the host's. Kubelet would evict every pod as soon as the host's disk is 90 % full,
// and freeing images in the node would not help. kind turns disk eviction off in the same way
// (https://github.com/kubernetes-sigs/kind, kubeadm config). With any threshold given, kubelet drops its other defaults, so
// that of memory is repeated.

export const kubelet: Step = {
  name: 'kubelet',
  description: 'Registers the node, and runs the pods that the scheduler gives it',
  on: 'worker',
  stage: 'network',
  units: ['kubelet'],
  files: (node, { topology, machines, disposable, upstreamResolvers = [] }) => [
    plain(
      '/var/lib/kubelet/kubelet-config.yaml',
      template('kubelet/kubelet-config.yaml', {
        NODE_NAME: node.name,
        CLUSTER_DOMAIN: topology.clusterDomain,
        DNS_IP: topology.dnsIp,
        POD_CIDR: bothFamilies(node.podCidr!, node.podCidr6),
      }) + textIf(disposable, template('kubelet/shared-disk.yaml')),
    ),
    // The node's own resolv.conf may name a stub on 127.0.0.53, which in a pod is the pod itself.
    plain(
      '/var/lib/kubelet/resolv.conf',
      upstreamResolvers.map((address) => `nameserver ${address}\n`).join(''),
    ),
    plain('/etc/systemd/system/kubelet.service', unit(node, machines)),
  ],
};
