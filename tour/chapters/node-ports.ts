import type { Chapter } from '../step';

export const nodePorts: Chapter = {
  page: '06-nodeports',
  title: 'NodePorts',
  intro:
    'A service of type NodePort has a port on every worker. You ask a worker that does not run nginx, from outside, and watch the packet find its way.',
  steps: [
    {
      id: 'nodeport.reach',
      title: 'Ask from outside',
      text: [
        'Open {url} in your browser, or type `curl -I {url}` on the host of the lab. The walk does it, too.',
        'The step turns green when {entry.node} tracks a connection from outside. {entry.node} does not run nginx: {nginx.node} does.',
      ],
      commands: [],
      effect: {
        kind: 'flow',
        on: 'entry',
        protocol: 'tcp',
        outside: true,
        original: { dst: '{entry.address}', dport: '{service.nodePort}' },
        reply: { src: '{nginx.ip}' },
      },
      walk: { from: 'laptop', to: '{door}:{service.nodePort}' },
    },
    {
      id: 'nodeport.entry',
      title: 'Where the packet enters',
      text: [
        'The client asked the node. The reply is expected from the pod, and at the address of the node: destination and source are both replaced. Entries of closed connections stay for two minutes.',
      ],
      commands: [
        {
          on: 'entry',
          type: 'sudo conntrack -L | grep {service.nodePort}',
          like: /^conntrack -L/,
          shows: ['dport={service.nodePort}', 'src={nginx.ip} dst={entry.address}'],
        },
      ],
      article: `tcp 6 86397 ESTABLISHED src=173.38.XXX.XXX dst=10.240.0.20 sport=30303 dport=31088
    src=10.200.1.18 dst=10.240.0.20 sport=80 dport=30303 [ASSURED]`,
      since:
        'Today the node also replaces the port of the client. Compare both halves of the line.',
    },
    {
      id: 'nodeport.exit',
      title: 'Where nginx runs',
      text: ['nginx sees the other worker as its client. So the reply returns the way it came.'],
      commands: [
        {
          on: 'nginx',
          type: 'sudo conntrack -L | grep dport=80',
          like: /^conntrack -L/,
          shows: ['src={entry.address} dst={nginx.ip}', /dport=80\b/],
        },
      ],
      article: `tcp 6 86392 ESTABLISHED src=10.240.0.20 dst=10.200.1.18 sport=14802 dport=80
    src=10.200.1.18 dst=10.240.0.20 sport=80 dport=14802 [ASSURED]`,
      question: {
        kind: 'source port',
        ask: 'From which port did the other worker speak to nginx?',
        form: 'a number, such as 14802',
      },
    },
    {
      id: 'nodeport.chains',
      title: 'The rules of a NodePort',
      text: [
        'A packet to the node itself reaches KUBE-NODEPORTS as the last rule of KUBE-SERVICES. From there on the path is the one that you know. KUBE-MARK-MASQ marks the packet, so that its source is replaced when it leaves.',
      ],
      commands: [
        {
          on: 'entry',
          type: "sudo iptables-save -t nat | grep -E '{service.nodePort}|default/nginx'",
          like: /^iptables-save/,
          shows: ['--dport {service.nodePort}', 'DNAT --to-destination {nginx.ip}:80'],
        },
      ],
      article: `-A KUBE-NODEPORTS -p tcp … --dport 31088 -j KUBE-SVC-4N57TFCL4MD7ZTDA
-A KUBE-SVC-4N57TFCL4MD7ZTDA … -j KUBE-SEP-UGTFMET44DQG7H7H
-A KUBE-SEP-UGTFMET44DQG7H7H -p tcp … -j DNAT --to-destination 10.200.1.18:80`,
      since: 'A chain KUBE-EXT stands between KUBE-NODEPORTS and KUBE-SVC today.',
      question: {
        kind: 'nginx chain',
        ask: 'Which chain sends the packets to the pod of nginx?',
        form: 'KUBE-SEP-…',
      },
    },
  ],
};
