import type { Step } from '../../step';

export const dns: Step = {
  name: 'dns',
  description: 'The DNS add-on answers for the cluster’s names',
  on: 'first controller',
  stage: 'cluster',
  files: () => [],
};
