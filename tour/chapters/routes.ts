import type { Chapter } from '../step';

export const routes: Chapter = {
  page: '03-routes',
  title: 'Routes',
  intro:
    'Three tables decide how a packet finds a pod on another worker: the one in the pod, the one on the node, and the one of the VPC.',
  steps: [
    {
      id: 'route.pod',
      title: 'In the pod',
      text: [
        'Pods of the same worker are one link away. Everything else goes to the first address of the pod network, which is the bridge. Put the name of the namespace in the place of NETNS.',
      ],
      commands: [
        {
          on: 'nginx',
          type: 'sudo ip netns exec NETNS ip route show',
          like: /(ip netns exec|nsenter) .*ip r(oute)?\b/,
          shows: ['default via {nginx.gateway} dev eth0'],
        },
      ],
      article: `default via 10.200.0.1 dev eth0
10.200.0.0/24 dev eth0 proto kernel scope link src 10.200.0.4`,
    },
    {
      id: 'route.host',
      title: 'On the node',
      text: [
        'The worker knows its own pods and the network of the nodes. It has no route to the pods of other workers. Those packets take the default route, to the router of the VPC.',
      ],
      commands: [
        {
          on: 'nginx',
          type: 'ip route list',
          like: /^ip (-\w+ )*r(oute)?( list| show| ls)?$/,
          shows: ['default via {router}', 'dev cnio0'],
        },
      ],
      article: `default via 10.240.0.1 dev eth0 proto dhcp src 10.240.0.20 metric 100
10.200.0.0/24 dev cnio0 proto kernel scope link src 10.200.0.1
10.240.0.0/24 dev eth0 proto kernel scope link src 10.240.0.20`,
    },
    {
      id: 'route.vpc',
      title: 'In the VPC',
      text: [
        'Ask the kernel where a packet for a pod of another worker goes. It names the router.',
        'The router needs one route for each worker. CNI does not add them. The builder of the cluster does. The table of your lab appears below.',
      ],
      commands: [
        {
          on: 'first',
          type: 'ip route get {second.ip}',
          like: /^ip (-\w+ )*r(oute)? get/,
          shows: ['via {router}'],
        },
      ],
      walk: { from: 'worker-0/{first.name}', to: '{second.ip}' },
    },
  ],
};
