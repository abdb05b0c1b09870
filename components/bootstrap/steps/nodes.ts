import type { Step } from '../step';

export const nodes: Step = {
  name: 'nodes',
  description: 'Every worker is Ready, and pods can be created',
  on: 'first controller',
  stage: 'network',
  files: () => [],
};
