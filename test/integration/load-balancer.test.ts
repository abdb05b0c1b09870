import * as dns from 'node:dns/promises';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { expectFault, openFaultLab } from '../faults/expect-fault';
import type { OpenLab } from '../faults/hands';
import { loadBalancerFaults } from '../faults/load-balancer';
import { failures, inRouter, lab, labPrints } from '../support/command';
import { until } from '../support/until';
import { poll } from '../../util/poll';
import { processesWith } from '../../provider/local/shared/daemon';

const LAB = 'local-balancer';
const DIRECTORY = `/var/lib/hardway/labs/${LAB}/service-controller`;

jest.setTimeout(20 * 60_000);

let open: OpenLab;
let repaired: string[] = [];
const kubectl = (...args: string[]): Promise<string> => open.hands.kubectl(...args);

/** Creates or changes a service of type LoadBalancer for the pods with `app: web`. */
async function apply(name: string, spec: object = {}): Promise<void> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  };
  const file = `${DIRECTORY}/test-service.json`;
  fs.writeFileSync(file, JSON.stringify(service));
  await kubectl('apply', '-f', file);
}

/** Returns the address in a service's status; empty if it has none. */
const addressOf = (name: string): Promise<string> =>
  kubectl('get', 'service', name, '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}');

/** Waits for a service's address. Throws if it has none after `limit` milliseconds. */
async function awaitAddress(name: string, limit = 5000): Promise<string> {
  const address = await poll(() => addressOf(name), { limit, interval: 200 });
  if (address === '') throw new Error(`service ${name} has no address after ${limit} ms`);
  return address;
}

/** Asks a web server once, over a new connection. Returns the name of the pod, or why none answered. */
function ask(address: string, path = '/'): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: address, path, agent: false, timeout: 1500 };
    const request = http.get(options, (response) => {
      response.resume();
      response.on('end', () => resolve(`HTTP ${response.statusCode}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(error.message));
  });
}

const answers = (address: string): Promise<boolean> =>
  poll(async () => (await ask(address)) === 'HTTP 200', { limit: 10_000, interval: 200 });

/** Returns the load balancer's rules; empty if the router has none. */
const rules = (): Promise<string> =>
  inRouter(LAB, 'nft', 'list', 'table', 'ip', 'load_balancer').catch(() => '');

beforeAll(async () => {
  open = await openFaultLab(LAB, 'loadBalancer=true');
  for (const index of [0, 1]) {
    const overrides = JSON.stringify({
      spec: { nodeName: `worker-${index}`, terminationGracePeriodSeconds: 0 },
    });
    const pod = [`web-${index}`, '--image=nginx', '--labels=app=web', `--overrides=${overrides}`];
    await kubectl('run', ...pod);
  }
  await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=60s');
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('without leftovers'),
  });
});

test('gives a service an address within 5 s, at which the service answers', async () => {
  await apply('web');
  const address = await awaitAddress('web');
  expect(address).toMatch(/^198\.\d+\.\d+\.(3\d|4\d)$/);
  expect(await answers(address)).toBe(true);
});

test('forwards several ports over TCP and UDP', async () => {
  const ports = [
    { name: 'udp', port: 53, protocol: 'UDP' },
    { name: 'tcp', port: 53, protocol: 'TCP' },
    { name: 'metrics', port: 9153, protocol: 'TCP' },
  ];
  const spec = { type: 'LoadBalancer', selector: { 'k8s-app': 'kube-dns' }, ports };
  const file = `${DIRECTORY}/dns.json`;
  const metadata = { name: 'dns', namespace: 'kube-system' };
  fs.writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata, spec }));
  await kubectl('apply', '-f', file);
  const path = ['-n', 'kube-system', 'get', 'service', 'dns', '-o'];
  const read = (): Promise<string> =>
    kubectl(...path, 'jsonpath={.status.loadBalancer.ingress[0].ip}');
  const resolver = new dns.Resolver({ timeout: 1000, tries: 5 });
  resolver.setServers([await poll(read, { limit: 5000 })]);
  const name = 'kubernetes.default.svc.cluster.local';
  expect(await resolver.resolve4(name)).toEqual(['10.32.0.1']);
  expect(await rules()).toMatch(/udp dport 53 .*goto[^]*tcp dport 53 .*goto[^]*tcp dport 9153/);
  await kubectl('-n', 'kube-system', 'delete', 'service', 'dns');
});

test('admits only clients in loadBalancerSourceRanges', async () => {
  await apply('web', { loadBalancerSourceRanges: ['192.0.2.0/24'] });
  const address = await addressOf('web');
  const refused = await poll(() => ask(address), {
    limit: 5000,
    satisfies: (answer) => answer === 'no answer',
  });
  await apply('web', { loadBalancerSourceRanges: ['192.0.2.0/24', '198.18.0.0/15'] });
  expect({ refused, admitted: await answers(address) }).toEqual({
    refused: 'no answer',
    admitted: true,
  });
});

test('sends one client to one pod with session affinity', async () => {
  await apply('web', { sessionAffinity: 'ClientIP' });
  const address = await addressOf('web');
  await poll(rules, { limit: 5000, satisfies: (text) => /jhash ip saddr mod 2/.test(text) });
  // kube-proxy of the entry worker sends a client to one pod only from its next synchronization on.
  for (const worker of ['worker-0', 'worker-1'])
    await until(`kube-proxy of ${worker} remembers clients`, async () =>
      /default\/web -> .*--rcheck/.test(await open.hands.node(worker, 'iptables-save -t nat')),
    );
  await answers(address);
  for (let count = 0; count < 6; count++) await ask(address, '/?sticky');
  const logs = await Promise.all(['web-0', 'web-1'].map((pod) => kubectl('logs', pod)));
  const counts = logs.map((log) => log.split('\n').filter((line) => /\?sticky/.test(line)).length);
  expect(counts.sort()).toEqual([0, 6]);
});

test('leaves a service with a class to its own controller', async () => {
  await apply('foreign', { loadBalancerClass: 'example.com/other' });
  await apply('own');
  await awaitAddress('own');
  expect(await addressOf('foreign')).toBe('');
  await kubectl('delete', 'service', 'foreign', 'own');
});

test('keeps addresses and connections when the controller is killed', async () => {
  const address = await addressOf('web');
  const before = await rules();
  const mark = `HARDWAY_DAEMON=${DIRECTORY}/process.json`;
  const pids = processesWith(mark);
  const node = pids.find((pid) => fs.readlinkSync(`/proc/${pid}/exe`).endsWith('/node'))!;
  process.kill(node, 'SIGKILL');
  expect(await ask(address)).toBe('HTTP 200');
  await apply('after-kill');
  await awaitAddress('after-kill', 10_000);
  expect(await addressOf('web')).toBe(address);
  await kubectl('delete', 'service', 'after-kill');
  expect(await poll(rules, { limit: 5000, satisfies: (text) => text === before })).toBe(before);
});

test('moves traffic away from a dead worker within 10 s', async () => {
  await apply('local', { externalTrafficPolicy: 'Local' });
  const address = await awaitAddress('local');
  await answers(address);
  const both = /0x00000100[^\n]*0x00000101/;
  const local = new RegExp(`chain tcp_${address.replaceAll('.', '\\.')}_80 \\{\\s+(.*)`);
  const chosen = async (): Promise<string> => local.exec(await rules())?.[1] ?? '';
  expect(await poll(chosen, { limit: 5000, satisfies: (line) => both.test(line) })).toMatch(both);
  await inRouter(LAB, 'ip', 'link', 'set', 'worker-1', 'down');
  try {
    const moved = await poll(chosen, { limit: 10_000, satisfies: (line) => !both.test(line) });
    expect(moved).not.toMatch(/0x00000101/);
    const seen = [];
    for (let count = 0; count < 8; count++) seen.push(await ask(address));
    expect(seen).toEqual(seen.map(() => 'HTTP 200'));
  } finally {
    await inRouter(LAB, 'ip', 'link', 'set', 'worker-1', 'up');
  }
  expect(await poll(chosen, { limit: 10_000, satisfies: (line) => both.test(line) })).toMatch(both);
});

test('says in an event that all addresses are taken', async () => {
  const items = Array.from({ length: 21 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `many-${index}`, labels: { many: 'yes' } },
    spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] },
  }));
  const file = `${DIRECTORY}/many.json`;
  fs.writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl('apply', '-f', file);
  const words = ['get', 'events', '-o', 'jsonpath={.items[*].message}'];
  const filter = '--field-selector=reason=SyncLoadBalancerFailed';
  const events = await poll(() => kubectl(...words, filter), { limit: 10_000, interval: 300 });
  expect(events).toMatch(/all 20 addresses from 198\.\S+\.30 to 198\.\S+\.49 are taken/);
  await kubectl('delete', 'service', '-l', 'many=yes');
});

test('takes address and rules back within 5 s of a deletion', async () => {
  const address = await addressOf('local');
  expect(await rules()).toContain(address);
  await kubectl('delete', 'service', 'local');
  const after = await poll(rules, { limit: 5000, satisfies: (text) => !text.includes(address) });
  expect(after).not.toContain(address);
});

test('shows the way to an external address with the routing table of the chosen worker', async () => {
  const ran = await lab('walk', LAB, 'laptop', `${await addressOf('web')}:80`);
  expect(ran.stdout).toMatch(/VPC router\n  in {2}internet\n  route +default via 10\.240\.0\.2\d /);
  expect(ran.stdout).toMatch(/Delivered to pod default\/web-\d .*and answered/);
});

describe('a fault fails exactly its checks, which name the cause', () => {
  test.each(loadBalancerFaults.map((fault) => [fault.description, fault] as const))(
    '%s',
    async (_description, fault) => {
      repaired = await expectFault(open, fault, repaired);
    },
  );
});

test('leaves nothing when it is switched off, and the rows of the article pass', async () => {
  await labPrints('up', LAB, '--yes', '--set', 'loadBalancer=false');
  const tables = await inRouter(LAB, 'ip', 'rule');
  const [address, table] = [await addressOf('web'), await rules()];
  expect({ address, table, tables: /lookup 25[67]/.test(tables) }).toEqual({
    address: '',
    table: '',
    tables: false,
  });
  const report = JSON.parse(await labPrints('verify', LAB, '--json')) as Parameters<
    typeof failures
  >[0];
  expect(report).toMatchObject({ passed: 24, failed: 0, skipped: 0 });
});
