import type { Chapter } from '../step';

export const nodes: Chapter = {
  page: '01-nodes',
  title: 'Nodes',
  intro:
    'Three networks share this lab: one of nodes, one of pods, and one of services. The first has machines in it. The other two are built on top of it.',
  steps: [
    {
      id: 'nodes.list',
      title: 'List the nodes',
      text: [
        'Kubernetes knows the workers. The controllers run the control plane and no pods, so they are not in its list. The file `/etc/hosts` has all nodes.',
        'Every node has a private address, which other nodes use, and a public one, which you use. The picture of the network has both.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl get nodes -o wide',
          like: /^kubectl get (nodes?|no)\b.*-o ?wide/,
          shows: ['{first.node}', '{first.address}'],
        },
        {
          on: 'laptop',
          type: 'cat /etc/hosts',
          like: /\/etc\/hosts/,
          shows: ['{controller}', '{first.node}'],
        },
      ],
      article: `$ gcloud compute instances list
NAME          ZONE        MACHINE_TYPE   INTERNAL_IP  EXTERNAL_IP     STATUS
controller-0  us-west1-c  n1-standard-1  10.240.0.10  35.231.XXX.XXX  RUNNING
worker-1      us-west1-c  n1-standard-1  10.240.0.21  35.231.XX.XXX   RUNNING`,
      since: 'The article asks the cloud. A lab on your own host has no cloud to ask.',
    },
    {
      id: 'nodes.ping',
      title: 'Ping another node',
      text: [
        "Every node may reach every other. The VPC's firewall allows it, and `ping` is installed.",
        'Look at the TTL. It is still 64, as the sender set it, because no router has forwarded the packet.',
      ],
      commands: [
        {
          on: 'first',
          type: 'ping -c 2 {other.address}',
          like: /^ping /,
          shows: [/bytes from [^\n]*ttl=64/],
        },
        {
          on: 'first',
          type: 'ping -c 1 {controller}',
          like: /^ping /,
          shows: [/bytes from controller-\d[^\n]*ttl=64/],
        },
      ],
    },
  ],
};
