import type { DrillFault } from './fault';

export const routeFaults: DrillFault[] = [
  {
    drill: 'no-way-to-worker-1',
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
    drill: 'wrong-turn',
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
    drill: 'private-shortcut',
    fails: {
      'route.host': /^worker-0: 10\.200\.1\.0\/24 has its own route, via 10\.240\.0\.21/,
    },
    passes: ['nodes.ping', 'route.vpc', 'nat.ping', 'pod.bridge'],
  },
  {
    drill: 'stopped-at-the-door',
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
    drill: 'unmasked',
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
    drill: 'too-much-nat',
    fails: {
      'nat.off':
        /worker-0 tracks src=10\.200\.0\.\d+ .*dst=10\.240\.0\.20, expected .*dst=10\.200\.0\.\d+.*iptables -t nat -L POSTROUTING/,
      'nat.counter':
        /the counter stayed at \d+ over a ping: look at the rules before it in POSTROUTING/,
    },
    passes: ['nat.ping', 'nat.masq.source', 'nat.masq.dest', 'cni.config', 'route.vpc'],
  },
  {
    drill: 'pods-locked-in',
    fails: {
      'nat.ping':
        /^pod 10\.200\.1\.\d+ on worker-1 did not answer from 10\.200\.0\.\d+ on worker-0/,
    },
    passes: ['nodes.ping', 'nodes.list', 'route.vpc', 'route.host', 'cni.config', 'pod.bridge'],
  },
  {
    drill: 'one-way-door',
    fails: {
      'nat.ping':
        /^pod 10\.200\.1\.\d+ on worker-1 did not answer from 10\.200\.0\.\d+ on worker-0/,
    },
    passes: ['nodes.ping', 'nodes.list', 'route.vpc', 'route.host', 'cni.config', 'pod.bridge'],
  },
];
