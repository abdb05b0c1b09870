import { type Step, bothFamilies, plain, template } from '../../step';

export const kubeProxy: Step = {
  name: 'kube-proxy',
  description: 'Turns services into rules of the node’s own packet filter',
  on: 'worker',
  stage: 'network',
  units: ['kube-proxy'],
  files: (node, { config, topology }) => [
    plain(
      '/var/lib/kube-proxy/kube-proxy-config.yaml',
      template('kube-proxy/kube-proxy-config.yaml', {
        NODE_NAME: node.name,
        PROXY_MODE: config.proxyMode,
        POD_CIDR: bothFamilies(topology.podCidr, topology.ipv6?.podCidr),
      }),
    ),
    plain('/etc/systemd/system/kube-proxy.service', template('kube-proxy/kube-proxy.service')),
  ],
};
