import type { Step } from '../../step';

export const pods: Step = {
  name: 'pods',
  description: 'Pods can be created',
  on: 'first controller',
  stage: 'network',
  files: () => [],
};
