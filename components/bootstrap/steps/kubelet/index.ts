import { type Step, plain, template } from '../../step';

export const kubelet: Step = {
  name: 'kubelet',
  description: 'Registers the node, and runs the pods that the scheduler gives it',
  on: 'worker',
  stage: 'network',
  units: ['kubelet'],
  files: (node, { topology, upstreamResolvers = [] }) => [
    plain(
      '/var/lib/kubelet/kubelet-config.yaml',
      template('kubelet/kubelet-config.yaml', {
        NODE_NAME: node.name,
        CLUSTER_DOMAIN: topology.clusterDomain,
        DNS_IP: topology.dnsIp,
        POD_CIDR: node.podCidr!,
      }),
    ),
    // The node's own resolv.conf may name a stub on 127.0.0.53, which in a pod is the pod itself.
    plain(
      '/var/lib/kubelet/resolv.conf',
      upstreamResolvers.map((address) => `nameserver ${address}\n`).join(''),
    ),
    plain(
      '/etc/systemd/system/kubelet.service',
      template('kubelet/kubelet.service', { NODE_NAME: node.name, NODE_IP: node.privateIp }),
    ),
  ],
};
