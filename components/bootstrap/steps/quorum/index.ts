import type { Step } from '../../step';

export const quorum: Step = {
  name: 'quorum',
  description: 'The controller’s etcd has a majority, and the services that need it are healthy',
  on: 'controller',
  stage: 'network',
  files: () => [],
};
