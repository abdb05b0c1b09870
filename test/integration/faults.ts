import { asRoot, inRouter, labPrints } from './command';

/** A fault, how it is mended, which checks must fail, and which neighbours must not. */
export interface Fault {
  what: string;
  make: () => Promise<unknown>;
  mend: () => Promise<unknown>;
  fails: string[];
  passes: string[];
}

const onWorkers = async (lab: string, line: string): Promise<void> => {
  for (const worker of ['worker-0', 'worker-1', 'worker-2']) await asRoot(lab, worker, line);
};
export const CNI = '/etc/cni/net.d/10-bridge.conf';

/** The faults that a lab must be able to show. */
export const faultsOf = (lab: string): Fault[] => [
  {
    what: 'bridged packets skip iptables on the workers',
    make: () => onWorkers(lab, 'sysctl -qw net.bridge.bridge-nf-call-iptables=0'),
    mend: () => onWorkers(lab, 'sysctl -qw net.bridge.bridge-nf-call-iptables=1'),
    fails: ['svc.same-node'],
    passes: ['nat.ping', 'nat.masq.source', 'svc.chains', 'nodeport.reach', 'pod.bridge', 'nodes.ping'],
  },
  {
    what: 'the source/destination check is on for worker-1',
    make: () => inRouter(lab, 'nft', 'delete', 'element', 'bridge', 'vpc', 'can_ip_forward', '{ "worker-1" }'),
    mend: () => inRouter(lab, 'nft', 'add', 'element', 'bridge', 'vpc', 'can_ip_forward', '{ "worker-1" }'),
    fails: ['nat.ping'],
    passes: ['nodes.ping', 'route.vpc', 'route.host', 'cni.config', 'svc.same-node', 'svc.chains'],
  },
  {
    what: 'the pod route of worker-1 is missing',
    make: () => inRouter(lab, 'ip', 'route', 'del', '10.200.1.0/24'),
    mend: () => inRouter(lab, 'ip', 'route', 'add', '10.200.1.0/24', 'via', '10.240.0.21'),
    fails: ['route.vpc', 'nat.ping'],
    passes: ['nodes.ping', 'route.host', 'route.pod', 'svc.same-node', 'cni.config'],
  },
  {
    what: 'ipMasq is off in the CNI file of the workers',
    make: () => onWorkers(lab, `sed -i.saved 's/"ipMasq": true/"ipMasq": false/' ${CNI}`),
    mend: () => onWorkers(lab, `mv ${CNI}.saved ${CNI}`),
    fails: ['cni.config', 'nat.masq.source', 'nat.masq.dest', 'nat.counter'],
    passes: ['nat.ping', 'nat.off', 'nodes.ping', 'route.vpc', 'svc.same-node', 'nodeport.reach'],
  },
  {
    what: 'NodePorts are closed in the firewall',
    make: async () => {
      const listing = await inRouter(lab, 'nft', '-a', 'list', 'chain', 'inet', 'vpc', 'firewall');
      const handle = /comment "allow-nodeports" # handle (\d+)/.exec(listing)![1];
      await inRouter(lab, 'nft', 'delete', 'rule', 'inet', 'vpc', 'firewall', 'handle', handle);
    },
    // The engine's own way: it sees that the rule is gone.
    mend: () => labPrints('up', lab, '--yes'),
    fails: ['nodeport.reach'],
    passes: ['nodeport.entry', 'nodeport.exit', 'nodeport.chains', 'nat.ping', 'svc.same-node', 'nodes.ping'],
  },
];
