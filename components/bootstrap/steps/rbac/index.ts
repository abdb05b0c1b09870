import { type Step, plain, template } from '../../step';

export const rbac: Step = {
  name: 'rbac',
  description: 'The API server may fetch logs from the kubelets and run commands in pods',
  on: 'first controller',
  stage: 'network',
  files: () => [
    plain('/var/lib/kubernetes/kubelet-access.yaml', template('rbac/kubelet-access.yaml')),
  ],
};
