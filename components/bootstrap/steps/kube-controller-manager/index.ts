import { type Step, bothFamilies, plain, template } from '../../step';

export const kubeControllerManager: Step = {
  name: 'kube-controller-manager',
  description:
    'Makes objects as declared: pods of ReplicaSets, endpoints of services, service accounts',
  on: 'controller',
  stage: 'network',
  units: ['kube-controller-manager'],
  files: (_, { topology }) => [
    plain(
      '/etc/systemd/system/kube-controller-manager.service',
      template('kube-controller-manager/kube-controller-manager.service', {
        POD_CIDR: bothFamilies(topology.podCidr, topology.ipv6?.podCidr),
        SERVICE_CIDR: bothFamilies(topology.serviceCidr, topology.ipv6?.serviceCidr),
      }),
    ),
  ],
};
