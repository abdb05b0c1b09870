import { openLab, type OpenLab, whileBroken } from '../faults/hands';
import { inRouter, lab, labPrints, run, state } from '../support/command';
import { slotOf } from '../support/leftovers';
import { expectedHops, type Flow } from '../../walk/expected';
import { topology } from '../../components/topology';
import { parseConfig } from '../../components/config';
import type { WalkReport } from '../../walk/report';

const LAB = 'local-hops';

jest.setTimeout(5 * 60_000);

let open: OpenLab;
const veths = new Map<string, string>();

async function walk(...words: string[]): Promise<WalkReport> {
  const ran = await lab('walk', LAB, ...words, '--json');
  if (ran.stdout === '') throw new Error(`lab walk ${words.join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as WalkReport;
}

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

beforeAll(async () => {
  await labPrints('up', LAB, '--yes', '--set', 'controllers=1', '--set', 'workers=2');
  process.env.HARDWAY_STATE = state;
  open = await openLab(LAB);
  const { kubectl } = open.hands;
  const pods = [
    ['busybox0', 'busybox', 'worker-0'],
    ['near', 'nginx', 'worker-0'],
    ['far', 'nginx', 'worker-1'],
  ];
  for (const [name, image, nodeName] of pods) {
    const overrides = JSON.stringify({ spec: { nodeName, terminationGracePeriodSeconds: 0 } });
    const command = image === 'busybox' ? ['--command', '--', 'sleep', '100000'] : [];
    await kubectl('run', name, `--image=${image}`, `--overrides=${overrides}`, ...command);
  }
  await kubectl('create', 'service', 'nodeport', 'far', '--tcp=80', '--node-port=31088');
  await kubectl('patch', 'service', 'far', '-p', '{"spec":{"selector":{"app":null,"run":"far"}}}');
  await kubectl('expose', 'pod', 'near', '--port=80');
  await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s');
  for (const [name, , node] of pods) veths.set(name, await vethOf(name, node));
  expect([...veths.values()]).toEqual(pods.map(() => expect.stringMatching(/^veth/)));
});

afterAll(async () => {
  await open?.close();
  expect(await lab('down', LAB, '--yes')).toMatchObject({ code: 0 });
});

describe('a walk', () => {
  const plan = topology(parseConfig({ cloud: 'local', controllers: '1', workers: '2' }));
  const flows: [string, string[], () => Flow][] = [
    [
      'from pod to pod on another node',
      ['busybox0', 'far'],
      () => ({ from: pod('busybox0', 'worker-0'), to: pod('far', 'worker-1') }),
    ],
    [
      'from pod to pod on the same node',
      ['busybox0', 'near'],
      () => ({ from: pod('busybox0', 'worker-0'), to: pod('near', 'worker-0') }),
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
    const { forward } = await walk(...words);
    const hops = forward.flatMap(({ place, hops: all }) =>
      all.map(({ interface: name, way }) => ({ place, interface: name, way })),
    );
    expect(hops).toEqual(expectedHops(plan, flow()));
  });

  test('from pod to a ClusterIP on the same node, and to DNS over UDP, is delivered', async () => {
    expect((await walk('busybox0', 'svc/near:80')).ending).toMatchObject({
      outcome: 'delivered',
      place: 'pod default/near',
    });
    expect((await walk('far', 'svc/kube-dns:53', '--protocol', 'udp')).ending).toMatchObject({
      outcome: 'delivered',
      check: 'svc.dns',
    });
  });

  test('leaves no table and no tap', async () => {
    expect(await inRouter(LAB, 'nft', 'list', 'tables')).not.toContain('hardway_walk');
    expect((await run('pgrep', ['-f', 'immediate-mode'])).stdout).toBe('');
  });
});

describe('under a fault, a walk ends at the place that the fault names', () => {
  test.each([
    ['no-way-to-worker-1', ['busybox0', 'far'], 'route.vpc'],
    ['stopped-at-the-door', ['busybox0', 'far'], 'nat.ping'],
    ['closed-to-the-world', ['laptop', 'worker-0:31088'], 'nodeport.reach'],
  ])('%s', (drill, words, check) =>
    whileBroken(open, drill, async () =>
      expect((await walk(...words)).ending).toMatchObject({
        outcome: 'dropped',
        place: 'VPC router',
        check,
      }),
    ),
  );
});
