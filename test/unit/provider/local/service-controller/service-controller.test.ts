import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { servicePool } from '../../../../../components/local/service-pool';
import { parseConfig } from '../../../../../components/config';
import { topology } from '../../../../../components/topology';
import { apiAccess, lineReader } from '../../../../../provider/local/service-controller/api';
import { assignAddresses } from '../../../../../provider/local/service-controller/addresses';
import {
  afterProbe,
  type Health,
  probe,
  UNKNOWN,
} from '../../../../../provider/local/service-controller/health';
import { planWork } from '../../../../../provider/local/service-controller/plan';
import { routeCommands } from '../../../../../provider/local/service-controller/routes';
import {
  bucketsOf,
  type Frontend,
  renderRules,
  withoutCovered,
} from '../../../../../provider/local/service-controller/rules';
import {
  balancedService,
  type BalancedService,
  type ServiceObject,
} from '../../../../../provider/local/service-controller/services';
import { kubeconfig } from '../../../../../components/pki/kubeconfig';
import { balancerRule } from '../../../../../checks/parsers/load-balancer';
import { addressAt } from '../../../../../util/cidr';

const POOL = ['198.18.0.30', '198.18.0.31', '198.18.0.32'];
const NODES = [0, 1, 2].map((index) => ({
  name: `worker-${index}`,
  privateIp: `10.240.0.2${index}`,
}));

let count = 0;
function service(changes: Partial<BalancedService> = {}): BalancedService {
  count += 1;
  return {
    uid: `uid-${count}`,
    namespace: 'default',
    name: `service-${count}`,
    created: `2026-12-01T18:00:${String(count).padStart(2, '0')}Z`,
    ports: [{ protocol: 'tcp', port: 80 }],
    sources: [],
    sticky: false,
    ...changes,
  };
}
beforeEach(() => (count = 0));

function object(spec: ServiceObject['spec'], status?: ServiceObject['status']): ServiceObject {
  const metadata = {
    uid: 'uid',
    namespace: 'default',
    name: 'nginx',
    creationTimestamp: '2026-12-01T18:00:00Z',
  };
  return { metadata, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec }, status };
}

describe('balancedService', () => {
  test('reads ports, ranges, affinity, the health port and the address', () => {
    const spec = {
      ports: [
        { protocol: 'TCP', port: 80 },
        { protocol: 'UDP', port: 53 },
      ],
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 31000,
      sessionAffinity: 'ClientIP',
      loadBalancerSourceRanges: ['192.0.2.0/24 ', '2001:db8::/32'],
    };
    const status = { loadBalancer: { ingress: [{ ip: '198.18.0.30' }] } };
    expect(balancedService(object(spec, status))).toMatchObject({
      ports: [
        { protocol: 'tcp', port: 80 },
        { protocol: 'udp', port: 53 },
      ],
      sources: ['192.0.2.0/24'],
      sticky: true,
      healthPort: 31000,
      holds: '198.18.0.30',
      problem: undefined,
    });
  });

  test('ignores the health port with externalTrafficPolicy Cluster', () =>
    expect(balancedService(object({ healthCheckNodePort: 31000 }))?.healthPort).toBeUndefined());

  test.each([
    ['another type', object({ type: 'NodePort' })],
    ['a class', object({ loadBalancerClass: 'example.com/other' })],
    [
      'a deletion',
      { ...object({}), metadata: { ...object({}).metadata, deletionTimestamp: 'now' } },
    ],
  ])('leaves a service with %s alone', (_what, given) =>
    expect(balancedService(given)).toBeUndefined(),
  );

  test.each([
    [{ ipFamilies: ['IPv6'] }, /IPv4 addresses only/],
    [{ ports: [{ protocol: 'SCTP', port: 9 }] }, /port 9 has SCTP/],
  ])('says why it cannot serve %j', (spec, problem) =>
    expect(balancedService(object(spec))?.problem).toMatch(problem),
  );
});

describe('assignAddresses', () => {
  const assigned = (services: BalancedService[]): (string | undefined)[] => {
    const { addresses, problems } = assignAddresses(services, POOL);
    return services.map(({ uid }) => addresses.get(uid) ?? problems.get(uid));
  };

  test('gives the lowest free address to the oldest service first', () => {
    const [old, young] = [service(), service()];
    expect(assigned([young, old])).toEqual(['198.18.0.31', '198.18.0.30']);
  });

  test('leaves a service the address in its status', () =>
    expect(assigned([service(), service({ holds: '198.18.0.30' })])).toEqual([
      '198.18.0.31',
      '198.18.0.30',
    ]));

  test('leaves an address to the older of two services that hold it', () =>
    expect(assigned([service({ holds: POOL[0] }), service({ holds: POOL[0] })])).toEqual([
      POOL[0],
      POOL[1],
    ]));

  test('replaces an address that is not in the pool', () =>
    expect(assigned([service({ holds: '203.0.113.1' })])).toEqual([POOL[0]]));

  test('gives a service the address that it asks for, before others choose', () =>
    expect(assigned([service(), service({ requested: POOL[0] })])).toEqual([POOL[1], POOL[0]]));

  test('moves a service that asks for another address than it holds', () =>
    expect(assigned([service({ holds: POOL[0], requested: POOL[2] })])).toEqual([POOL[2]]));

  test('refuses a requested address that is taken or foreign', () =>
    expect(
      assigned([
        service({ holds: POOL[0] }),
        service({ requested: POOL[0] }),
        service({ requested: '203.0.113.1' }),
      ]),
    ).toEqual([
      POOL[0],
      'loadBalancerIP 198.18.0.30 belongs to another service',
      "loadBalancerIP 203.0.113.1 is not one of the lab's 198.18.0.30 to 198.18.0.32",
    ]));

  test('says so when all addresses are taken', () =>
    expect(assigned([service(), service(), service(), service()])[3]).toMatch(
      /^all 3 addresses from 198\.18\.0\.30 to 198\.18\.0\.32 are taken/,
    ));
});

test('the pool shares no address with nodes, router, host and API', () => {
  const cidr = '198.18.5.0/24';
  const pool = servicePool(cidr);
  const { nodes } = topology(parseConfig({ workers: '9' }));
  const others = [
    ...nodes.map(({ privateIp }) => addressAt(cidr, Number(privateIp.split('.')[3]))),
    ...[0, 1, 2, 100, 255].map((host) => addressAt(cidr, host)),
  ];
  expect(new Set([...pool, ...others]).size).toBe(pool.length + others.length);
});

describe('planWork', () => {
  const inputs = { nodes: NODES, pool: POOL };

  test('probes kube-proxy of each node once for all services with policy Cluster', () => {
    const { targets } = planWork([service(), service()], { ...inputs, isHealthy: () => true });
    expect(targets).toEqual(NODES.map(({ privateIp }) => ({ address: privateIp, port: 10256 })));
  });

  test('sends a service with policy Local only to nodes that answer at its own health port', () => {
    const { frontends } = planWork([service({ healthPort: 31000 })], {
      ...inputs,
      isHealthy: ({ address, port }) => port === 31000 && address === '10.240.0.21',
    });
    expect(frontends).toMatchObject([{ address: POOL[0], healthy: ['worker-1'] }]);
  });

  test('sets a status only where it differs', () => {
    const [right, wrong] = [service({ holds: POOL[0] }), service()];
    const { statuses } = planWork([right, wrong], { ...inputs, isHealthy: () => true });
    expect(statuses).toEqual([{ service: wrong, address: POOL[1] }]);
  });

  test('clears the address of a service that it cannot serve, and records why', () => {
    const given = service({ holds: POOL[0], problem: 'IPv4 only' });
    expect(planWork([given], { ...inputs, isHealthy: () => true })).toMatchObject({
      frontends: [],
      statuses: [{ service: given, address: undefined }],
      events: [{ service: given, type: 'Warning', message: 'IPv4 only' }],
    });
  });
});

describe('health', () => {
  const after = (start: Health, ...answers: ('ready' | 'refused' | 'silent')[]): boolean =>
    answers.reduce(afterProbe, start).healthy;
  const WELL: Health = { healthy: true, missed: 0 };

  test('a node is healthy after its first good answer', () =>
    expect([UNKNOWN.healthy, after(UNKNOWN, 'ready')]).toEqual([false, true]));
  test('a refusal counts at once', () => expect(after(WELL, 'refused')).toBe(false));
  test('one lost answer does not count, and two in a row do', () =>
    expect([
      after(WELL, 'silent'),
      after(WELL, 'silent', 'silent'),
      after(WELL, 'silent', 'ready', 'silent'),
    ]).toEqual([true, false, true]));

  test.each([
    [200, 'ready'],
    [503, 'refused'],
  ])('a server that answers %i is %s', async (status, expected) => {
    const server = http.createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    expect(await probe({ address: '127.0.0.1', port })).toBe(expected);
    await new Promise((closed) => server.close(closed));
    expect(await probe({ address: '127.0.0.1', port })).toBe('refused');
  });
});

describe('rules', () => {
  const frontend = (changes: Partial<Frontend> = {}): Frontend => ({
    title: 'default/nginx',
    address: '198.18.0.30',
    ports: [{ protocol: 'tcp', port: 80 }],
    sources: [],
    sticky: false,
    healthy: NODES.map(({ name }) => name),
    ...changes,
  });
  const plan = { nodes: NODES, openTo: ['0.0.0.0/0'], nodeCidr: '10.240.0.0/24' };

  test('a bucket of an unhealthy node belongs to a healthy one, and no other moves', () => {
    expect(bucketsOf(NODES, ['worker-0', 'worker-1', 'worker-2'])).toEqual([0, 1, 2]);
    expect(bucketsOf(NODES, ['worker-0', 'worker-2'])).toEqual([0, 2, 2]);
    expect(bucketsOf(NODES, ['worker-1'])).toEqual([1, 1, 1]);
  });

  test('choose a node by address and port of the client', () =>
    expect(renderRules([frontend()], plan)).toContain(
      'ct mark != { 0x100, 0x101, 0x102 } ct mark set jhash ip saddr . tcp sport mod 3 seed 0x1 map { 0 : 0x100, 1 : 0x101, 2 : 0x102 }',
    ));

  test('choose a node by the client’s address alone with session affinity', () =>
    expect(renderRules([frontend({ sticky: true })], plan)).toContain('jhash ip saddr mod 3'));

  test('have no entry for a service without a healthy node', () =>
    expect(renderRules([frontend({ healthy: [] })], plan)).not.toContain('198.18.0.30'));

  test('admit no client if no CIDR is configured', () =>
    expect(renderRules([frontend()], { ...plan, openTo: [] })).not.toContain('198.18.0.30'));

  test('admit clients that are in nodePortCidrs and in loadBalancerSourceRanges', () =>
    expect(
      renderRules([frontend({ sources: ['192.0.2.0/24'] })], { ...plan, openTo: ['192.0.0.0/8'] }),
    ).toContain('ip saddr { 192.0.0.0/8 } ip saddr { 192.0.2.0/24 } goto'));

  test('name no CIDR that another one covers', () =>
    expect(withoutCovered(['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '192.0.2.0/24'])).toEqual([
      '10.0.0.0/8',
      '192.0.2.0/24',
    ]));

  test('need no hash in a lab with one worker', () =>
    expect(renderRules([frontend()], { ...plan, nodes: NODES.slice(0, 1) })).toContain(
      'ct mark != { 0x100 } ct mark set 0x100\n',
    ));
});

/** Output of nft 1.0.6 for the rules of two services on three workers, and of one on one worker. */
const LISTING = `table ip load_balancer {
	chain tcp_198.18.0.30_80 {
		ct mark != { 0x00000100, 0x00000101, 0x00000102 } ct mark set jhash ip saddr . tcp sport mod 3 seed 0x1 map { 0 : 0x00000100, 1 : 0x00000101, 2 : 0x00000102 }
		meta mark set ct mark
	}

	chain tcp_198.18.0.31_80 {
		ct mark != 0x00000101 ct mark set jhash ip saddr mod 3 seed 0x1 map { 0 : 0x00000101, 1 : 0x00000101, 2 : 0x00000101 }
		meta mark set ct mark
	}

	chain tcp_198.18.0.32_80 {
		ct mark != 0x00000100 ct mark set 0x00000100
		meta mark set ct mark
	}

	chain choose_node {
		type filter hook prerouting priority mangle + 10; policy accept;
		ip daddr 198.18.0.30 tcp dport 80 ip saddr 10.0.0.0/8 goto tcp_198.18.0.30_80 comment "default/nginx"
		ip daddr 198.18.0.31 tcp dport 80 ip saddr 10.0.0.0/8 goto tcp_198.18.0.31_80 comment "default/b"
		ip daddr 198.18.0.32 tcp dport 80 ip saddr 10.0.0.0/8 goto tcp_198.18.0.32_80 comment "default/c"
	}
}
`;

test.each([
  ['198.18.0.30', [0, 1, 2]],
  ['198.18.0.31', [1]],
  ['198.18.0.32', [0]],
  ['198.18.0.33', undefined],
])('the checks read from a listing that %s leads to the workers %j', (address, workers) =>
  expect(balancerRule(LISTING, address, 80)?.workers).toEqual(workers),
);

describe('routeCommands', () => {
  test('adds a rule and a table for each node', () =>
    expect(routeCommands(NODES.slice(0, 1), { rules: [], routes: [] })).toEqual([
      'rule add priority 100 fwmark 256 lookup 256',
      'route replace default via 10.240.0.20 dev vpc table 256',
    ]));

  test('has nothing to do on a router that is right', () =>
    expect(
      routeCommands(NODES.slice(0, 1), {
        rules: [{ priority: 100, fwmark: '0x100', table: '256' }],
        routes: [{ dst: 'default', gateway: '10.240.0.20', dev: 'vpc', table: '256' }],
      }),
    ).toEqual([]));

  test('removes the rule of a worker that the lab no longer has, and leaves foreign rules', () =>
    expect(
      routeCommands([], {
        rules: [
          { priority: 0, table: 'local' },
          { priority: 100, fwmark: '0x102', table: '258' },
        ],
        routes: [],
      }),
    ).toEqual(['rule del priority 100 fwmark 0x102 lookup 258']));
});

describe('API', () => {
  test('a kubeconfig of the lab gives server and credentials', () =>
    expect(
      apiAccess(
        kubeconfig({
          cluster: 'lab',
          server: 'https://198.18.0.100:6443',
          certificateAuthority: 'CA',
          user: 'hardway:service-controller',
          certificate: 'CERTIFICATE',
          privateKey: 'KEY',
        }),
      ),
    ).toEqual({ server: 'https://198.18.0.100:6443', ca: 'CA', cert: 'CERTIFICATE', key: 'KEY' }));

  test('lines of a watch are joined from its parts', () => {
    const lines: string[] = [];
    const read = lineReader((line) => lines.push(line));
    for (const part of ['{"a"', ':1}\n{"b":', '2}\n\n{"c"']) read(part);
    expect(lines).toEqual(['{"a":1}', '{"b":2}']);
  });
});
