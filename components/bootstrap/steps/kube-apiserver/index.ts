import { type Step, bothFamilies, plain, template } from '../../step';

export const kubeApiserver: Step = {
  name: 'kube-apiserver',
  description: 'Serves the Kubernetes API, and stores its objects in etcd',
  on: 'controller',
  stage: 'network',
  units: ['kube-apiserver'],
  files: (node, { topology }) => [
    plain(
      '/etc/systemd/system/kube-apiserver.service',
      template('kube-apiserver/kube-apiserver.service', {
        NODE_IP: node.privateIp,
        API_PORT: topology.apiPort,
        CLUSTER_DOMAIN: topology.clusterDomain,
        SERVICE_CIDR: bothFamilies(topology.serviceCidr, topology.ipv6?.serviceCidr),
        NODE_PORTS: topology.nodePorts.join('-'),
      }),
    ),
  ],
};
