import type { DrillFault } from './fault';

export const serviceFaults: DrillFault[] = [
  {
    drill: 'quiet-neighbours',
    fails: {
      'svc.same-node':
        /got no answer from 10\.32\.0\.\d+.*net\.bridge\.bridge-nf-call-iptables is 0 on worker-0, expected 1/,
    },
    passes: [
      'nat.ping',
      'nat.masq.source',
      'svc.chains',
      'nodeport.reach',
      'pod.bridge',
      'nodes.ping',
    ],
  },
  {
    drill: 'new-services-fail',
    fails: {
      'nodeport.chains':
        /^kube-proxy is inactive on worker-0: look at `systemctl status kube-proxy`.*no rule in KUBE-NODEPORTS/,
      'nodeport.entry': /^first repair what nodeport\.chains shows/,
      'nodeport.exit': /^first repair what nodeport\.chains shows/,
      'nodeport.reach': /^first repair what nodeport\.chains shows/,
      'svc.same-node': /kube-proxy is inactive on worker-0/,
    },
    // The kernel keeps the rules of older services.
    passes: ['svc.chains', 'svc.dns', 'nat.ping', 'route.vpc', 'nodes.ping'],
  },
  {
    drill: 'no-services-here',
    fails: {
      'svc.chains':
        /^kube-proxy is inactive on worker-0.*worker-0: no rule in KUBE-SERVICES for 10\.32\.0\.10 tcp 53/,
      'svc.same-node':
        /kube-proxy is inactive on worker-0.*no rule in KUBE-SERVICES for 10\.32\.0\.\d+ tcp 80/,
      'nodeport.chains': /kube-proxy is inactive on worker-0/,
      'nodeport.entry': /^first repair what nodeport\.chains shows/,
      'nodeport.exit': /^first repair what nodeport\.chains shows/,
      'nodeport.reach': /^first repair what nodeport\.chains shows/,
    },
    passes: ['nat.ping', 'route.vpc', 'cni.config', 'pod.bridge'],
  },
  {
    drill: 'no-names',
    fails: {
      'svc.dns':
        /^kube-dns has no endpoints: the deployment coredns in kube-system has 0 of 0 pods ready, expected 1/,
      'svc.chains': /10\.32\.0\.10 has no tcp endpoints.*look at svc\.dns/,
    },
    passes: [
      'svc.same-node',
      'nodeport.reach',
      'nodeport.chains',
      'nat.ping',
      'pod.bridge',
      'route.vpc',
    ],
  },
  {
    drill: 'closed-to-the-world',
    fails: {
      'nodeport.reach':
        /controller-0 gets an answer inside the VPC .* so look at the firewall rule allow-nodeports/,
    },
    passes: [
      'nodeport.entry',
      'nodeport.exit',
      'nodeport.chains',
      'nat.ping',
      'svc.same-node',
      'nodes.ping',
    ],
  },
  {
    drill: 'half-a-dictionary',
    fails: { 'svc.dns': /kubernetes\.default\.svc\.cluster\.local/ },
    passes: ['svc.same-node', 'svc.chains', 'nat.ping', 'pod.bridge', 'route.vpc'],
  },
];
