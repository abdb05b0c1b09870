import type { Step } from '../../step';

export const registration: Step = {
  name: 'registration',
  description: 'The API server knows the worker as a node, and the node is Ready',
  on: 'worker',
  stage: 'network',
  files: () => [],
};
