import { type Step, plain, template } from '../../step';

export const kubeScheduler: Step = {
  name: 'kube-scheduler',
  description: 'Decides which worker a pod runs on',
  on: 'controller',
  stage: 'network',
  units: ['kube-scheduler'],
  files: () => [
    plain(
      '/etc/kubernetes/config/kube-scheduler.yaml',
      template('kube-scheduler/kube-scheduler.yaml'),
    ),
    plain(
      '/etc/systemd/system/kube-scheduler.service',
      template('kube-scheduler/kube-scheduler.service'),
    ),
  ],
};
