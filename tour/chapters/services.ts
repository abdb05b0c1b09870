import type { Chapter } from '../step';

export const services: Chapter = {
  page: '05-services',
  title: 'Services',
  intro:
    'Addresses of pods come and go, as you have just seen. A service has one address that stays. No interface has it: it exists only in rules of the kernel.',
  steps: [
    {
      id: 'svc.dns',
      title: 'The service that answers names',
      text: [
        'DNS is a service like any other. It has an address in the network of services, and an endpoint, which is a pod.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl -n kube-system describe services',
          like: /^kubectl .*describe (services?|svc)/,
          shows: ['{dns.ip}', /Endpoints: +\d/],
        },
        {
          on: 'laptop',
          type: 'kubectl exec {first.name} -- nslookup kubernetes.default.svc.cluster.local',
          like: /^kubectl exec .*nslookup /,
          shows: ['{dns.ip}', /Name:\s+kubernetes\.default/],
        },
      ],
      article: `Selector:          k8s-app=kube-dns
Type:              ClusterIP
IP:                10.32.0.10
Port:              dns  53/UDP
TargetPort:        53/UDP
Endpoints:         10.200.0.27:53
Port:              dns-tcp  53/TCP
Endpoints:         10.200.0.27:53`,
    },
    {
      id: 'svc.chains',
      title: 'The rules behind it',
      text: [
        'Read the rules as a path. Packets of pods (PREROUTING) and of the node (OUTPUT) jump to KUBE-SERVICES. It compares the destination with every service, and jumps to the chain of the service, KUBE-SVC.',
        'That chain chooses an endpoint, KUBE-SEP. The last rule replaces the destination: DNAT.',
      ],
      commands: [
        {
          on: 'first',
          type: "sudo iptables-save -t nat | grep -E 'KUBE-SERVICES|dns-tcp'",
          like: /^iptables-save/,
          shows: [
            '-A PREROUTING',
            /-d [\d.]+\/32 .*KUBE-SVC-/,
            /KUBE-SEP-\w+ .*DNAT --to-destination/,
          ],
        },
      ],
      article: `-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.32.0.10/32 -p tcp … --dport 53 -j KUBE-SVC-ERIFXISQEP7F7OF4
-A KUBE-SVC-ERIFXISQEP7F7OF4 … -j KUBE-SEP-32LPCMGYG6ODGN3H
-A KUBE-SEP-32LPCMGYG6ODGN3H -p tcp … -j DNAT --to-destination 10.200.0.27:53`,
      question: {
        kind: 'dns endpoint chain',
        ask: 'Which chain sends TCP packets for DNS to their pod?',
        form: 'KUBE-SEP-…',
      },
    },
    {
      id: 'svc.same-node',
      title: 'An endpoint on the same node',
      text: [
        'The busybox pod of this command runs on the same worker as nginx. Both are on one bridge, but the reply must pass the rules, which undo the translation.',
        'The kernel setting `net.bridge.bridge-nf-call-iptables` makes bridged packets pass them. Without it the connection hangs.',
      ],
      commands: [
        {
          on: 'laptop',
          type: 'kubectl exec {near.name} -- timeout 5 wget -qO- http://{service.ip}',
          like: /^kubectl exec .*(wget|curl) /,
          shows: ['Welcome to nginx'],
        },
      ],
      walk: { from: '{near.node}/{near.name}', to: 'svc/nginx:80' },
    },
  ],
};
