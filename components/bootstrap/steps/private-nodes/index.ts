import type { Step } from '../../step';

export const privateNodes: Step = {
  name: 'private-nodes',
  description: 'The nodes behind the gateway have booted as far as their sshd',
  on: 'gateway',
  stage: 'none',
  files: () => [],
};
