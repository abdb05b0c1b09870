import { editCni, onWorkers, restoreCni, WORKERS, type Fault } from './fault';

export const routeFaults: Fault[] = [
  {
    description: 'the pod route of worker-1 is missing',
    make: ({ router }) => router('ip', 'route', 'del', '10.200.1.0/24'),
    repair: ({ router }) => router('ip', 'route', 'add', '10.200.1.0/24', 'via', '10.240.0.21'),
    fails: {
      'route.vpc': /^no route for 10\.200\.1\.0\/24, expected one to worker-1/,
      'nat.ping':
        /^first repair what route\.vpc shows; pod 10\.200\.1\.\d+ on worker-1 did not answer from 10\.200\.0\.\d+ on worker-0/,
      'nat.masq.dest': /^first repair what route\.vpc shows.*the ping did not arrive/,
      'nodeport.reach': /^first repair what route\.vpc shows.*gets no answer inside the VPC either/,
      'nodeport.exit':
        /^first repair what route\.vpc shows; no connection src=10\.240\.0\.20 dst=10\.200\.1\.\d+ dport=80/,
    },
    passes: [
      'nodes.ping',
      'route.host',
      'route.pod',
      'svc.same-node',
      'cni.config',
      'nodeport.entry',
      'nodeport.chains',
    ],
  },
  {
    description: 'the pod route of worker-1 leads to worker-0',
    make: ({ router }) => router('ip', 'route', 'replace', '10.200.1.0/24', 'via', '10.240.0.20'),
    repair: ({ router }) => router('ip', 'route', 'replace', '10.200.1.0/24', 'via', '10.240.0.21'),
    fails: {
      'route.vpc':
        /^10\.200\.1\.0\/24 goes to 10\.240\.0\.20, expected 10\.240\.0\.21 \(worker-1\)/,
      'nat.ping':
        /^first repair what route\.vpc shows.*look at the VPC route 10\.200\.1\.0\/24 -> worker-1/,
      'nat.masq.dest': /^first repair what route\.vpc shows/,
      'nat.off': /^first repair what route\.vpc shows/,
      'nodeport.reach': /^first repair what route\.vpc shows/,
      'nodeport.exit': /^first repair what route\.vpc shows/,
    },
    passes: ['nodes.ping', 'nodes.list', 'route.host', 'svc.same-node', 'cni.config'],
  },
  {
    description: 'worker-0 has a route of its own to the pods of worker-1',
    make: ({ node }) => node('worker-0', 'ip route add 10.200.1.0/24 via 10.240.0.21'),
    repair: ({ node }) => node('worker-0', 'ip route del 10.200.1.0/24 via 10.240.0.21'),
    fails: {
      'route.host': /^worker-0: 10\.200\.1\.0\/24 has a route of its own, via 10\.240\.0\.21/,
    },
    passes: ['nodes.ping', 'route.vpc', 'nat.ping', 'pod.bridge'],
  },
  {
    description: 'the source/destination check is on for worker-1',
    make: ({ router }) =>
      router('nft', 'delete', 'element', 'bridge', 'vpc', 'can_ip_forward', '{ "worker-1" }'),
    repair: ({ router }) =>
      router('nft', 'add', 'element', 'bridge', 'vpc', 'can_ip_forward', '{ "worker-1" }'),
    fails: {
      'nat.ping':
        /^pod .* on worker-1 did not answer.*10\.200\.1\.0\/24 -> worker-1, and at worker-1's source\/destination check/,
      'nat.masq.dest': /^first repair what nat\.ping shows/,
      'nat.off': /^first repair what nat\.ping shows/,
      'nodeport.reach': /^first repair what nat\.ping shows/,
      'nodeport.exit': /^first repair what nat\.ping shows/,
    },
    passes: ['nodes.ping', 'route.vpc', 'route.host', 'cni.config', 'svc.same-node', 'svc.chains'],
  },
  {
    description: 'ipMasq is off in the CNI file of the workers',
    make: async (hands) => {
      for (const worker of WORKERS)
        await editCni(hands, worker, 's/"ipMasq": true/"ipMasq": false/');
    },
    repair: async (hands) => {
      for (const worker of WORKERS) await restoreCni(hands, worker);
    },
    fails: {
      'cni.config': /^worker-0 and worker-1: ipMasq is false, expected true/,
      'nat.masq.source':
        /^first repair what cni\.config shows.*dst=10\.200\.0\.\d+, expected .*dst=10\.240\.0\.20/,
      'nat.masq.dest':
        /^first repair what cni\.config shows.*src=10\.200\.0\.\d+ .*expected src=10\.240\.0\.20/,
      'nat.counter':
        /^first repair what cni\.config shows; POSTROUTING has no rule for 10\.200\.0\.\d+ to a CNI- chain/,
    },
    passes: ['nat.ping', 'nat.off', 'nodes.ping', 'route.vpc', 'svc.same-node', 'nodeport.reach'],
  },
  {
    description: 'a masquerading rule of the student on the workers',
    make: (hands) =>
      onWorkers(hands, 'iptables -t nat -A POSTROUTING -s 10.200.0.0/16 -o eth0 -j MASQUERADE'),
    repair: (hands) =>
      onWorkers(hands, 'iptables -t nat -D POSTROUTING -s 10.200.0.0/16 -o eth0 -j MASQUERADE'),
    fails: {
      'nat.off':
        /worker-0 tracks src=10\.200\.0\.\d+ .*dst=10\.240\.0\.20, expected .*dst=10\.200\.0\.\d+.*iptables -t nat -L POSTROUTING/,
      'nat.counter':
        /the counter stayed at \d+ over a ping: look at the rules before it in POSTROUTING/,
    },
    passes: ['nat.ping', 'nat.masq.source', 'nat.masq.dest', 'cni.config', 'route.vpc'],
  },
];
