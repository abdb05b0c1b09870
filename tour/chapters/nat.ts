import type { Chapter, Command, Role } from '../step';

const tracked = (on: Role, shows: Command['shows']): Command => ({
  on,
  type: 'sudo conntrack -L | grep {second.ip}',
  like: /^conntrack -L/,
  shows,
});

const edit = (on: Role, to: 'true' | 'false'): Command => ({
  on,
  type: `sudo sed -i 's/"ipMasq": [a-z]*/"ipMasq": ${to}/' /etc/cni/net.d/10-bridge.conf; grep ipMasq /etc/cni/net.d/10-bridge.conf`,
  like: /10-bridge\.conf/,
  shows: [`"ipMasq": ${to}`],
});

const replacePods: Command = {
  on: 'laptop',
  type: 'kubectl delete pods -l app=busybox0',
  like: /^kubectl delete (pods?|po|rc|-f)\b/,
  shows: [/busybox0.* deleted/],
};

const ping: Command = {
  on: 'laptop',
  type: 'kubectl exec -it {first.name} -- ping -c 2 {second.ip}',
  like: /^kubectl exec .*ping /,
  shows: ['bytes from {second.ip}', /ttl=62/],
};

export const nat: Chapter = {
  page: '04-nat-between-pods',
  title: 'NAT between pods',
  intro:
    "Kubernetes promises that pods reach each other without NAT. This configuration breaks the promise: the other pod sees a node's address. You will see where, and turn it off.",
  steps: [
    {
      id: 'nat.ping',
      title: 'Ping a pod on another worker',
      text: [
        'The answer comes with TTL 62. The sender set 64, and each of the two workers took one off. The router of a VPC takes nothing off.',
      ],
      commands: [ping],
      article: `64 bytes from 10.200.1.15: seq=0 ttl=62 time=0.528 ms
64 bytes from 10.200.1.15: seq=1 ttl=62 time=0.440 ms`,
      effect: {
        kind: 'flow',
        on: 'first',
        protocol: 'icmp',
        original: { src: '{first.ip}', dst: '{second.ip}' },
        reply: { src: '{second.ip}' },
      },
      walk: { from: 'worker-0/{first.name}', to: '{second.ip}' },
    },
    {
      id: 'nat.masq.source',
      title: 'The worker that sends',
      text: [
        'The kernel tracks connections, and ping counts as one for 30 seconds. If the list is empty, ping again.',
        'The first half of the line is the request, the second half the reply that the kernel expects. The request comes from the pod. The reply is expected at the address of the node, so the node has replaced the source.',
      ],
      commands: [tracked('first', ['src={first.ip} dst={second.ip}', 'dst={first.address}'])],
      effect: {
        kind: 'flow',
        on: 'first',
        protocol: 'icmp',
        original: { src: '{first.ip}', dst: '{second.ip}' },
        reply: { src: '{second.ip}', dst: '{first.address}' },
      },
      article: `icmp 1 29 src=10.200.0.21 dst=10.200.1.15 type=8 code=0 id=1280
          src=10.200.1.15 dst=10.240.0.20 type=0 code=0 id=1280`,
    },
    {
      id: 'nat.masq.dest',
      title: 'The worker that receives',
      text: ['Here the same ping comes from the node. The pod has no chance to see who asked.'],
      commands: [tracked('second', ['src={first.address} dst={second.ip}'])],
      effect: {
        kind: 'flow',
        on: 'second',
        protocol: 'icmp',
        original: { src: '{first.address}', dst: '{second.ip}' },
        reply: { src: '{second.ip}', dst: '{first.address}' },
      },
      article: `icmp 1 28 src=10.240.0.20 dst=10.200.1.15 type=8 code=0 id=1280
          src=10.200.1.15 dst=10.240.0.20 type=0 code=0 id=1280`,
    },
    {
      id: 'nat.counter',
      title: 'The rule that does it',
      text: [
        'The bridge program has added a chain for the pod, because the configuration says `"ipMasq": true`. Its counter rises with every connection that leaves the worker.',
      ],
      commands: [
        {
          on: 'first',
          type: 'sudo iptables -t nat -L POSTROUTING -v -n',
          like: /^iptables .*POSTROUTING/,
          shows: [/CNI-\w+/, 'name: "bridge"'],
        },
      ],
      article: ` pkts bytes target                         prot in   out  source         destination
    5   324 CNI-be726a77f15ea47ff32947a3   all  any  any  10.200.0.0/24  anywhere
            /* name: "bridge" id: "631cab5de5565cc432a3beca0e2aece0…" */`,
      since:
        'In 2018 one rule covered the pods of a worker. Today each pod has a rule for its own address.',
      question: {
        kind: 'masquerade chain',
        ask: 'Which chain masquerades the busybox pod on worker-0?',
        form: 'CNI-…',
      },
    },
    {
      id: 'nat.off',
      title: 'Without NAT',
      text: [
        'Take masquerading out of the configuration of both workers. A pod keeps the network that it was made with, so replace the pods. The names and addresses on this page follow.',
        'The ping works as before. Now both workers show the addresses of the pods, and nothing else: no NAT.',
      ],
      commands: [
        edit('first', 'false'),
        edit('second', 'false'),
        replacePods,
        ping,
        tracked('first', ['src={first.ip} dst={second.ip}', 'src={second.ip} dst={first.ip}']),
        tracked('second', ['src={first.ip} dst={second.ip}', 'src={second.ip} dst={first.ip}']),
      ],
      article: `ubuntu@worker-0:~$ sudo conntrack -L | grep 10.200.1.13
icmp 1 29 src=10.200.0.15 dst=10.200.1.13 type=8 code=0 id=1792
          src=10.200.1.13 dst=10.200.0.15 type=0 code=0 id=1792`,
      since: 'The article does this to show it, and advises against it on a cluster in use.',
    },
    {
      id: 'tidy.masquerade',
      title: 'Put it back',
      text: ['Your lab returns to what was declared. `./lab up` would do it, too.'],
      commands: [edit('first', 'true'), edit('second', 'true'), replacePods],
    },
  ],
};
