import type { ScriptedFault } from './fault';
import { closedRule } from './scripted';

const BINDING = 'hardway:service-controller';
const DROP = 'INPUT -p tcp --dport 10256 -j DROP';

/** Faults on a lab with `loadBalancer`: for each check of the load balancer one that makes it fail. */
export const loadBalancerFaults: ScriptedFault[] = [
  {
    description: 'the service controller has lost its rights',
    make: ({ kubectl }) => kubectl('delete', 'clusterrolebinding', BINDING),
    repair: ({ kubectl }) =>
      kubectl(
        'create',
        'clusterrolebinding',
        BINDING,
        `--clusterrole=${BINDING}`,
        `--user=${BINDING}`,
      ),
    fails: {
      'lb.address': /^the service balanced has no EXTERNAL-IP/,
      'lb.chains': /^first repair what lb\.address shows/,
      'lb.health': /^first repair what lb\.address shows/,
      'lb.reach': /^first repair what lb\.address shows/,
      'lb.local.source': /^first repair what lb\.address shows/,
    },
    passes: ['nodeport.reach', 'nodeport.chains', 'svc.chains', 'nat.ping'],
  },
  {
    description: 'kube-proxy is stopped on worker-0, so that it gets no rules for new addresses',
    make: ({ node }) => node('worker-0', 'systemctl stop kube-proxy'),
    repair: ({ node }) => node('worker-0', 'systemctl start kube-proxy'),
    fails: {
      'lb.chains': /kube-proxy is inactive on worker-0.*no rule in KUBE-SERVICES for 198\.18\./,
      'lb.health':
        /^first repair what lb\.chains shows; worker-0 answers 000 at port 10256, expected 200/,
    },
    // The load balancer sends nothing to worker-0, so clients notice nothing.
    passes: ['lb.address', 'nat.ping', 'svc.chains'],
  },
  {
    description: "worker-0 drops the load balancer's health checks",
    make: ({ node }) => node('worker-0', `iptables -I ${DROP}`),
    repair: ({ node }) => node('worker-0', `iptables -D ${DROP}`),
    fails: {
      'lb.health':
        /^worker-0 answers 000 at port 10256, expected 200; the balancer sends balanced to worker-1, expected worker-0, worker-1/,
    },
    passes: ['lb.address', 'lb.chains', 'lb.reach', 'nodeport.reach', 'nodeport.entry'],
  },
  {
    description: 'the firewall does not admit packets of the load balancer',
    ...closedRule('allow-load-balancer'),
    fails: {
      'lb.reach': /look at lb\.health, and at the rule allow-load-balancer/,
      'lb.local.source': /^first repair what lb\.reach shows/,
    },
    passes: ['lb.address', 'lb.chains', 'lb.health', 'nodeport.reach', 'nat.ping'],
  },
  {
    description: "the router replaces the client's address",
    make: ({ router }) =>
      router(
        'nft',
        'table ip fault { chain post { type nat hook postrouting priority srcnat; oifname "vpc" ct mark & 0xff00 == 0x100 masquerade; }; }',
      ),
    repair: ({ router }) => router('nft', 'delete', 'table', 'ip', 'fault'),
    fails: {
      'lb.local.source': /^nginx saw 10\.240\.0\.1, expected 198\.18\.\d+\.1/,
    },
    passes: ['lb.address', 'lb.chains', 'lb.health', 'lb.reach'],
  },
];
