import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { openLab, type OpenLab, whileBroken } from '../faults/hands';
import { environment, inRouter, lab, labPrints, run, state, withConfig } from '../support/command';
import { slotOf } from '../support/leftovers';
import { until } from '../support/until';
import { expectedHops, expectedReply, type ExpectedHop, type Flow } from '../../walk/expected';
import { topology } from '../../components/topology';
import { parseConfig } from '../../components/config';
import { found } from '../../cli/actions/ensure-toolchain';
import { processesWith } from '../../provider/local/shared/daemon';
import { root } from '../../util/repo-root';
import type { ReportedVisit, WalkReport } from '../../walk/report';

const LAB = 'local-hops';
/** Name of the nginx pod on worker-0. */
const NEAR = 'near';

/** Lab with the same node addresses, and nodes only. */
const TWIN = 'local-twin';

/** How often each flow is walked. `HARDWAY_WALKS=50` finds what happens rarely. */
const TIMES = Number(process.env.HARDWAY_WALKS ?? 1);

jest.setTimeout(60 * 60_000);

let open: OpenLab;
const veths = new Map<string, string>();

async function walkIn(name: string, ...words: string[]): Promise<WalkReport> {
  const ran = await lab('walk', name, ...words, '--json');
  if (ran.stdout === '') throw new Error(`lab walk ${words.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as WalkReport;
}

const walk = (...words: string[]): Promise<WalkReport> => walkIn(LAB, ...words);

const seenHops = (visits: ReportedVisit[]): ExpectedHop[] =>
  visits.flatMap(({ place, hops }) =>
    hops.map(({ interface: name, way }) => ({ place, interface: name, way })),
  );

/** Returns the name of a pod's veth on its node: the bridge's port that has learned the pod's MAC address. */
async function vethOf(pod: string, node: string): Promise<string> {
  const address = await open.hands.kubectl('get', 'pod', pod, '--output=jsonpath={.status.podIP}');
  const script = `ping -c 1 -W 5 ${address.trim()} >/dev/null
mac=$(ip neigh show ${address.trim()} | sed -n 's/.*lladdr \\([^ ]*\\).*/\\1/p')
bridge fdb show | sed -n "s/^$mac dev \\(veth[^ ]*\\) .*/\\1/p" | head -n 1`;
  return (await open.hands.node(node, script)).trim();
}

const pod = (name: string, node: string) => ({
  pod: { place: `pod default/${name}`, node, veth: veths.get(name)! },
});

/** Deletes the pods and creates them again: a pod keeps the masquerade it was created with. */
async function makePods(): Promise<void> {
  const { kubectl } = open.hands;
  await kubectl('delete', 'pod', '--all', '--grace-period=1', '--wait');
  const pods = [
    ['busybox0', 'busybox', 'worker-0'],
    [NEAR, 'nginx', 'worker-0'],
    ['far', 'nginx', 'worker-1'],
  ];
  for (const [name, image, nodeName] of pods) {
    const overrides = JSON.stringify({ spec: { nodeName, terminationGracePeriodSeconds: 0 } });
    const command = image === 'busybox' ? ['--command', '--', 'sleep', '100000'] : [];
    await kubectl('run', name, `--image=${image}`, `--overrides=${overrides}`, ...command);
  }
  await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
  for (const [name, , node] of pods) veths.set(name, await vethOf(name, node));
  expect([...veths.values()]).toEqual(pods.map(() => expect.stringMatching(/^veth/)));
}

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', ...withConfig({ controllers: 1, workers: 2 }));
  process.env.HARDWAY_STATE = state;
  open = await openLab(LAB);
  const { kubectl } = open.hands;
  await kubectl('create', 'service', 'nodeport', 'far', '--tcp=80', '--node-port=31088');
  await kubectl('patch', 'service', 'far', '-p', '{"spec":{"selector":{"app":null,"run":"far"}}}');
  await kubectl('create', 'service', 'clusterip', 'near', '--tcp=80');
  await kubectl(
    ...['patch', 'service', 'near', '-p'],
    JSON.stringify({ spec: { selector: { app: null, run: NEAR } } }),
  );
  await makePods();
});

afterAll(async () => {
  await open?.close();
  const downs = await Promise.all([LAB, TWIN].map((name) => lab('down', name, '--yes')));
  expect(downs.map(({ code }) => code)).toEqual([0, 0]);
});

const plan = topology(parseConfig({ cloud: 'local', controllers: '1', workers: '2' }));

/** Expects that a walk sees exactly the computed interfaces, there and back, as often as TIMES says. */
async function expectHops(words: string[], flow: Flow, ipMasq: boolean): Promise<void> {
  for (let time = 0; time < TIMES; time += 1) {
    const { forward, reply } = await walk(...words);
    expect(seenHops(forward)).toEqual(expectedHops(plan, flow));
    expect(seenHops(reply)).toEqual(expectedReply(flow, ipMasq));
  }
}

describe('a walk', () => {
  const flows: [string, string[], () => Flow][] = [
    [
      'from pod to pod on another node',
      ['busybox0', 'far'],
      () => ({ from: pod('busybox0', 'worker-0'), to: pod('far', 'worker-1') }),
    ],
    [
      'from pod to pod on the same node',
      ['busybox0', NEAR],
      () => ({ from: pod('busybox0', 'worker-0'), to: pod(NEAR, 'worker-0') }),
    ],
    [
      'from pod to a ClusterIP with its pod on another node',
      ['busybox0', 'svc/far:80'],
      () => ({ from: pod('busybox0', 'worker-0'), to: pod('far', 'worker-1') }),
    ],
    [
      'from the laptop to a NodePort with its pod on another node',
      ['laptop', 'worker-0:31088'],
      () => ({
        from: { laptop: slotOf(LAB)!.link },
        to: pod('far', 'worker-1'),
        entry: 'worker-0',
      }),
    ],
    [
      'from the laptop to a NodePort with its pod on the same node',
      ['laptop', 'worker-1:31088'],
      () => ({
        from: { laptop: slotOf(LAB)!.link },
        to: pod('far', 'worker-1'),
        entry: 'worker-1',
      }),
    ],
    [
      'from node to node',
      ['worker-0', 'worker-1'],
      () => ({ from: { node: 'worker-0' }, to: { node: 'worker-1' } }),
    ],
    [
      'from a node to a pod on another node',
      ['worker-0', 'far'],
      () => ({ from: { node: 'worker-0' }, to: pod('far', 'worker-1') }),
    ],
    [
      'from a pod to an address outside the lab',
      ['busybox0', '8.8.8.8'],
      () => ({ from: pod('busybox0', 'worker-0'), to: undefined }),
    ],
  ];

  test.each(flows)('%s passes exactly the computed interfaces', async (_name, words, flow) => {
    await expectHops(words, flow(), true);
  });

  test('from pod to a ClusterIP on the same node, and to DNS over UDP, is delivered', async () => {
    expect((await walk('busybox0', 'svc/near:80')).ending).toMatchObject({
      outcome: 'delivered',
      place: `pod default/${NEAR}`,
    });
    expect((await walk('far', 'svc/kube-dns:53', '--protocol', 'udp')).ending).toMatchObject({
      outcome: 'delivered',
      check: 'svc.dns',
    });
  });

  test('leaves no table and no tap', async () => {
    expect(await tapsOf(LAB)).toEqual([]);
  });
});

/** Returns whether a process is a tcpdump of a walk. */
function isCapture(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--immediate-mode');
  } catch {
    return false;
  }
}

/** Returns the taps of walks that run: tables of nft in the router, and processes of tcpdump. */
async function tapsOf(name: string): Promise<string[]> {
  const tables = (await inRouter(name, 'nft', 'list', 'tables')).match(/hardway_walk/g) ?? [];
  // Other test files may walk in their labs now. Their processes have another state directory.
  const captures = processesWith(`HARDWAY_STATE=${state}`).filter(isCapture);
  return [...tables, ...captures.map(String)];
}

describe('a walk that is killed', () => {
  test('leaves no table and no tap', async () => {
    const child = spawn('./lab', ['walk', LAB, 'busybox0', '8.8.8.8'], {
      cwd: root,
      env: environment,
      stdio: 'ignore',
      detached: true,
    });
    await until('taps are open', async () => (await tapsOf(LAB)).length > 1);
    process.kill(-child.pid!, 'SIGKILL');
    await until('no tap is left', async () => (await tapsOf(LAB)).length === 0);
    expect(await tapsOf(LAB)).toEqual([]);
  });
});

describe('walks of two labs at once', () => {
  test('see the packets of one lab only, in the file too', async () => {
    const nodes = ['--stage', 'none', ...withConfig({ controllers: 1, workers: 2 })];
    await labPrints('up', TWIN, '--yes', ...nodes);
    const flow: Flow = { from: { node: 'worker-0' }, to: { node: 'worker-1' } };
    const file = `${state}/twin.pcapng`;
    expect(TIMES).toBeGreaterThan(0);
    for (let time = 0; time < TIMES; time += 1) {
      const walked = await Promise.all([
        walk('worker-0', 'worker-1'),
        walk('busybox0', 'far'),
        walkIn(TWIN, 'worker-0', 'worker-1', '--pcap', file),
      ]);
      for (const { forward, ending } of [walked[0], walked[2]]) {
        expect(seenHops(forward)).toEqual(expectedHops(plan, flow));
        expect(ending.outcome).toBe('delivered');
      }
      expect(seenHops(walked[1].forward)).toEqual(
        expectedHops(plan, { from: pod('busybox0', 'worker-0'), to: pod('far', 'worker-1') }),
      );
      // Four interfaces there and four back.
      expect(await packetsIn(file)).toBe(8);
    }
  });
});

/** Counts the packets that tcpdump of the nodes' Debian tree reads in a file. */
async function packetsIn(file: string): Promise<number> {
  const { tree } = (await found())!;
  const ran = await run('chroot', [tree, '/usr/bin/tcpdump', '-n', '-t', '-r', '-'], {
    input: fs.readFileSync(file),
  });
  expect(ran.stderr).toMatch(/^reading from file -/);
  return ran.stdout.split('\n').filter((line) => line.startsWith('IP ')).length;
}

describe('under a fault, a walk ends at the place that the fault names', () => {
  const KUBE_PROXY = 'no-services-here';
  const OFF_BRIDGE = 'silent-shop';
  const DNS = ['busybox0', 'svc/kube-dns:53', '--protocol', 'udp'];

  test.each([
    ['no-way-to-worker-1', ['busybox0', 'far'], 'VPC router', 'route.vpc'],
    ['wrong-turn', ['busybox0', 'far'], 'worker-0', 'route.vpc'],
    ['stopped-at-the-door', ['busybox0', 'far'], 'VPC router', 'nat.ping'],
    ['nobody-answers-a-ping', ['worker-0', 'worker-1'], 'VPC router', 'nodes.ping'],
    ['closed-to-the-world', ['laptop', 'worker-0:31088'], 'VPC router', 'nodeport.reach'],
    [OFF_BRIDGE, ['far', 'drill/shop'], 'worker-0', 'pod.bridge'],
    [OFF_BRIDGE, ['busybox0', 'drill/shop'], 'pod default/busybox0', 'pod.bridge'],
    [KUBE_PROXY, ['busybox0', 'svc/far:80'], 'worker-0', 'svc.chains'],
    [KUBE_PROXY, ['laptop', 'worker-0:31088'], 'worker-0', 'nodeport.chains'],
    ['quiet-neighbours', ['busybox0', 'svc/near:80'], 'pod default/busybox0', 'svc.same-node'],
    ['no-names', DNS, 'worker-0', 'svc.dns'],
  ])('%s: %j', (drill, words, place, check) =>
    whileBroken(open, drill, async () => {
      const { ending } = await walk(...words);
      expect(ending).toMatchObject({ place, check });
      expect(ending.outcome).not.toBe('delivered');
    }),
  );

  test('no-way-out: from a new pod', () =>
    whileBroken(open, 'no-way-out', async () => {
      const overrides = JSON.stringify({ spec: { nodeName: 'worker-0' } });
      const { kubectl } = open.hands;
      await kubectl('run', 'fresh', '--image=nginx', `--overrides=${overrides}`);
      await kubectl('wait', '--for=condition=Ready', 'pod/fresh', '--timeout=60s');
      expect((await walk('fresh', 'far')).ending).toMatchObject({
        outcome: 'dropped',
        place: 'pod default/fresh',
        reason: 'no packet left pod default/fresh: Network is unreachable',
        check: 'route.pod',
      });
    }));
});

describe('a walk in mode nftables, without masquerade', () => {
  beforeAll(async () => {
    const changes = withConfig({ proxyMode: 'nftables', ipMasq: 'false' });
    await labPrints('up', LAB, '--yes', ...changes);
    await makePods();
  });

  test('from pod to pod on another node passes the VPC’s route in both directions', () =>
    expectHops(
      ['busybox0', 'far'],
      { from: pod('busybox0', 'worker-0'), to: pod('far', 'worker-1') },
      false,
    ));

  test('shows the map of kube-proxy that leads to the service, and its translation', async () => {
    const { forward, ending } = await walk('busybox0', 'svc/far:80');
    const rules = forward.find(({ place }) => place === 'worker-0')!.rules.map(({ text }) => text);
    expect(rules).toEqual([
      'jump services',
      'ip daddr . meta l4proto . th dport vmap @service-ips',
      expect.stringMatching(/ dnat ip to .*10\.200\.1\.\d+ \. 80/),
    ]);
    expect(ending.outcome).toBe('delivered');
  });

  test('from the laptop to a NodePort passes exactly the computed interfaces', () =>
    expectHops(
      ['laptop', 'worker-0:31088'],
      {
        from: { laptop: slotOf(LAB)!.link },
        to: pod('far', 'worker-1'),
        entry: 'worker-0',
      },
      false,
    ));
});
