import type { Step } from '../../step';

export const privateNodes: Step = {
  name: 'private-nodes',
  description: 'The sshd of every node behind the gateway answers',
  on: 'gateway',
  stage: 'none',
  files: () => [],
};
