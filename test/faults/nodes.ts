import type { DrillFault } from './fault';

export const nodeFaults: DrillFault[] = [
  {
    drill: 'nobody-answers-a-ping',
    fails: {
      'nodes.ping': /worker-0 got no answer from 10\.240\.0\.21 \(worker-1\).*allow-internal-icmp/,
      'nat.ping': /^first repair what nodes\.ping shows/,
    },
    passes: ['nodes.list', 'route.vpc', 'route.host', 'svc.dns', 'svc.same-node', 'nodeport.reach'],
  },
  {
    drill: 'small-packets-only',
    fails: {
      'nodes.ping':
        /worker-0 got an answer from worker-1 to a small packet, but not to one of 1500 bytes.*worker-1 has mtu 1400 on eth0, expected 1500/,
    },
    passes: ['nodes.list', 'route.vpc', 'route.host', 'nat.ping', 'svc.same-node'],
  },
  {
    drill: 'no-new-connections',
    fails: {
      'nodes.ping':
        /worker-0 got no answer from 10\.240\.0\.21 \(worker-1\), which does answer ARP.*connection tracking table is full/,
    },
    passes: ['nodes.list', 'route.vpc'],
  },
  {
    drill: 'no-new-connections',
    // Ends the exception for SSH.
    worse: { node: 'worker-1', script: 'iptables -t raw -F' },
    fails: {
      'nodes.list': /worker-1: no answer over SSH.*connection tracking table is full/,
      'nodes.ping':
        /worker-0 got no answer from 10\.240\.0\.21 \(worker-1\), which does answer ARP.*connection tracking table is full/,
    },
    passes: ['route.vpc'],
  },
  {
    drill: 'who-is-worker-1',
    fails: { 'nodes.list': /leads to stranger, expected worker-1/ },
    passes: ['nodes.ping', 'route.vpc', 'cni.config'],
  },
  {
    drill: 'names-and-addresses',
    fails: {
      'nodes.ping':
        /worker-0 resolves worker-1 to 10\.240\.0\.10, expected 10\.240\.0\.21: look at \/etc\/hosts/,
    },
    passes: ['nodes.list', 'route.vpc', 'cni.config'],
  },
];
