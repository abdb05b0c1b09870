import { type Step, plain, template } from '../../step';

export const rbac: Step = {
  name: 'rbac',
  description: 'The API server may fetch logs from the kubelets and run commands in pods',
  on: 'first controller',
  stage: 'network',
  files: (_node, { config }) => [
    plain('/var/lib/kubernetes/kubelet-access.yaml', template('rbac/kubelet-access.yaml')),
    ...(config.loadBalancer
      ? [
          plain(
            '/var/lib/kubernetes/service-controller.yaml',
            template('rbac/service-controller.yaml'),
          ),
        ]
      : []),
  ],
};
