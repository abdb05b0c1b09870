import type { Chapter } from '../step';

export const prepare: Chapter = {
  title: 'Get ready',
  intro:
    'The tour looks at one nginx, one service and two busybox pods. Create them first. The terminal called laptop has kubectl, as the computer of an administrator would.',
  steps: [
    {
      id: 'setup.nginx',
      title: 'Create nginx',
      text: [
        'Type this command in the terminal, or let the page type it. Then press Enter.',
        'Nothing is checked by asking you. The step turns green when your lab has the pod.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl create -f nginx.yaml',
          like: /^kubectl (create|apply) /,
          shows: [/deployment.*nginx.*(created|configured|unchanged)/],
        },
      ],
      effect: { kind: 'objects', values: ['nginx.name', 'nginx.ip', 'nginx.node'] },
    },
    {
      id: 'setup.service',
      title: 'Give it a service',
      text: [
        'The file has the port that the article uses, 31088. `kubectl expose` would choose one at random.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl create -f nginx-service.yaml',
          like: /^kubectl (create|apply) /,
          shows: [/service.*nginx.*(created|configured|unchanged)/],
        },
      ],
      effect: { kind: 'objects', values: ['service.ip', 'service.nodePort'] },
    },
    {
      id: 'setup.busybox',
      title: 'Create two busybox pods',
      text: ['One of them runs on worker-0, the other on worker-1. They will talk to each other.'],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl create -f busybox.yaml',
          like: /^kubectl (create|apply) /,
          shows: [/replicationcontroller.*busybox0.*(created|configured|unchanged)/],
        },
      ],
      effect: { kind: 'objects', values: ['first.name', 'first.ip', 'second.name', 'second.ip'] },
    },
  ],
};
