import { parseCluster } from '../../../walk/cluster';
import { parseSource, parseTarget } from '../../../walk/endpoints';
import { endingOf } from '../../../walk/ending';
import { markWords } from '../../../walk/taps/decisions';
import { parseTraces } from '../../../walk/trace';
import type { ReportedVisit } from '../../../walk/report';

const SERVICE = {
  kind: 'Service',
  metadata: { namespace: 'default', name: 'nginx' },
  spec: { clusterIP: '10.32.0.39', ports: [{ protocol: 'TCP', port: 80 }] },
  status: { loadBalancer: { ingress: [{ ip: '198.18.0.30' }] } },
};

const cluster = parseCluster(JSON.stringify({ items: [SERVICE] }));
const named = { nodes: [], cluster, publicCidrs: ['198.18.0.0/24'] };
const source = parseSource('laptop', named);
const target = parseTarget('198.18.0.30:80', { source, named, options: {} });

test('an external address is one of its service', () => {
  expect(target).toMatchObject({ address: '198.18.0.30', service: { name: 'nginx' } });
});

test('a walk to an external address names the check lb.reach', () => {
  const visit = (place: string, name: string, way: 'in' | 'out', dst: string): ReportedVisit =>
    ({
      place,
      hops: [{ interface: name, way, packet: { dst } }],
      route: { kind: 'route', text: '', missing: false },
      rules: [],
      conntrack: '',
    }) as unknown as ReportedVisit;
  const ending = endingOf({
    forward: [
      visit('laptop', 'hw0', 'out', '198.18.0.30'),
      visit('pod default/nginx', 'eth0', 'in', '10.200.0.2'),
    ],
    reply: [visit('laptop', 'hw0', 'in', '198.18.0.1')],
    from: 'laptop',
    addresses: (place) => (place === 'laptop' ? ['198.18.0.1'] : ['10.200.0.2']),
    target,
    outcome: 'answered',
    detail: '',
    nodePorts: [30000, 32767],
  });
  expect(ending).toMatchObject({ outcome: 'delivered', check: 'lb.reach' });
});

const TRACE = `trace id 4e2e ip load_balancer choose_node packet: iif "internet" ip saddr 198.18.0.1 ip daddr 198.18.0.30 ip ttl 64 tcp sport 1024 tcp dport 80
trace id 4e2e ip load_balancer choose_node policy accept meta mark 0x00000101
trace id 4e2e inet vpc forward policy drop meta mark 0x00000101
`;

test('the mark of the load balancer chooses the table of the route', () => {
  expect(markWords({ traces: parseTraces(TRACE, 'walk') })).toEqual(['mark', '0x00000101']);
});

test('a packet that the load balancer did not mark needs no mark', () => {
  const other = TRACE.split('\n').slice(0, 1).join('\n');
  expect(markWords({ traces: parseTraces(other, 'walk') })).toEqual([]);
});
