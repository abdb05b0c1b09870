import * as fs from 'node:fs';
import * as net from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { boundsDrift } from '../../provider/local/workspace/resource-limits';
import { groupOf, processesOf, writeSetting } from '../../provider/local/shared/cgroups';
import { until } from '../support/until';
import {
  asRoot,
  failures,
  lab,
  labPrints,
  run,
  state,
  verify,
  withConfig,
} from '../support/command';
import { endLoad, loadNode, loadPod, sample } from '../support/load';
import {
  answers,
  answersHere,
  breach,
  COUNTED,
  Counters,
  framed,
  from,
  inPodOf,
  mark,
  MARKED,
  onNodeOf,
  pinged,
  type Place,
  routed,
  sendHere,
  startPod,
  type Way,
} from '../support/neighbours';
import { slotOf, tracesOf } from '../support/leftovers';

/**
 * Tests two labs with the same node network side by side. No node or pod of one lab reaches the
 * other lab, by any address. Requests from the host, and requests after the walls are removed,
 * show that the requests themselves are right. The limits of one lab keep the other lab working.
 */

const [ONE, OTHER] = ['local-b01', 'local-b02'];
const SMALL = ['--stage', 'network', ...withConfig({ controllers: 1, workers: 1 })];
/** Pod and service network of the other lab only, so that any answer comes from that lab. */
const [PODS, SERVICES] = ['10.201.0.0/16', '10.33.0.0/24'];
const POD = 'prober';

jest.setTimeout(10 * 60_000);

let own: { link: string; slot: number };
let other: { link: string; slot: number };
let counters: Counters;
let server: net.Server;

const publicIp = ({ slot }: { slot: number }, host: number): string => `198.18.${slot}.${host}`;
const networks = (): string[] => [`${publicIp(other, 0)}/24`, PODS, SERVICES];
/** Returns the targets by which the other lab is reached from the host. */
const open = (): string[] => [
  `${publicIp(other, 20)} ${MARKED}`,
  `${publicIp(other, 20)} 22`,
  `${publicIp(other, 10)} 22`,
  `${publicIp(other, 100)} 6443`,
];
const inside = [`10.201.0.1 ${MARKED}`, '10.33.0.1 443'];
const machine = (): string[] => [
  `${publicIp(other, 1)} ${MARKED}`,
  `${publicIp(own, 1)} ${MARKED}`,
];
const targets = (): string[] => [
  ...open(),
  ...inside,
  ...machine(),
  `${publicIp(other, 2)} 22`,
  `${publicIp(own, 2)} 22`,
];
const nothing = (asked: string[]): Record<string, string> =>
  Object.fromEntries(asked.map((target) => [target, '']));

beforeAll(async () => {
  await Promise.all([
    labPrints(
      'up',
      ONE,
      '--yes',
      ...SMALL,
      ...withConfig({ memoryLimit: '1Gi', processLimit: 500 }),
    ),
    labPrints(
      'up',
      OTHER,
      '--yes',
      ...SMALL,
      ...withConfig({ podCidr: PODS, serviceCidr: SERVICES }),
    ),
  ]);
  [own, other] = [slotOf(ONE)!, slotOf(OTHER)!];
  // A pod in the other lab creates a bridge with an address of its pod network.
  await Promise.all([
    startPod(ONE, POD),
    startPod(OTHER, POD),
    ...[ONE, OTHER].flatMap((name) => ['controller-0', 'worker-0'].map((node) => mark(name, node))),
  ]);
  counters = await Counters.start(own.link, networks(), OTHER);
  server = net
    .createServer((socket) => socket.on('error', () => undefined).end('this machine\n'))
    .listen(MARKED, '0.0.0.0');
});

afterAll(async () => {
  server.close();
  await counters.stop();
  await Promise.all([ONE, OTHER].map((name) => labPrints('down', name, '--yes')));
  fs.rmSync(state, { recursive: true, force: true });
});

test('the host, and the other lab itself, get an answer at each address', async () => {
  const seen = await answersHere([...open(), ...machine()]);
  expect(Object.values(seen)).toEqual([
    `${OTHER} worker-0`,
    expect.stringMatching(/^SSH-/),
    expect.stringMatching(/^SSH-/),
    expect.stringMatching(/^HTTP\/1/),
    'this machine',
    'this machine',
  ]);
  expect(Object.values(await answers(onNodeOf(OTHER, 'controller-0'), [inside[0]]))).toEqual([
    `${OTHER} worker-0`,
  ]);
  expect(Object.values(await answers(onNodeOf(OTHER, 'worker-0'), [inside[1]]))).toEqual([
    expect.stringMatching(/^HTTP\/1/),
  ]);
  await sendHere(publicIp(other, 20));
  expect(await counters.seen()).toEqual({ left: 0, arrived: 1 });
});

describe.each<[string, () => Place]>([
  ['root in a worker', () => onNodeOf(ONE, 'worker-0')],
  ['root in a controller', () => onNodeOf(ONE, 'controller-0')],
  ['a privileged pod', () => inPodOf(ONE, POD)],
])('%s', (_who, place) => {
  test('finds its own lab at the addresses of both labs', async () => {
    const addresses = {
      [`10.240.0.10 ${MARKED}`]: `${ONE} controller-0`,
      [`10.240.0.20 ${MARKED}`]: `${ONE} worker-0`,
      [`10.200.0.1 ${MARKED}`]: `${ONE} worker-0`,
    };
    // The first request to a node starts its marker, which may take longer than a request's limit.
    await until('its own machines answer', async () =>
      isDeepStrictEqual(await answers(place(), Object.keys(addresses)), addresses),
    );
    expect(await answers(place(), Object.keys(addresses))).toEqual(addresses);
  });

  test('gets no answer from the other lab and from the host', async () => {
    expect(await answers(place(), targets())).toEqual(nothing(targets()));
    expect(
      await pinged(
        place(),
        [1, 2, 10, 20, 100]
          .map((host) => publicIp(other, host))
          .concat('10.201.0.1', '10.33.0.1', publicIp(own, 1)),
      ),
    ).toEqual([]);
  });
});

/** Returns commands that send datagrams, which a counter on their way would count. */
const send = (): string =>
  [publicIp(other, 20), '10.201.0.1', publicIp(other, 1)]
    .map((address) => `for i in 1 2 3; do echo x | nc -u -w 1 ${address} ${COUNTED} & done`)
    .join('\n');

/** Changes by which root tries other ways for packets. A privileged pod has those of its worker. */
const WAYS: [string, () => Way][] = [
  ['routes to the router', () => routed('via 10.240.0.1', networks())],
  ['routes to the worker', () => routed('via 10.240.0.20', networks())],
  ['the source of a node in the other lab', () => from(publicIp(other, 10), networks())],
  ["the host's own source", () => from(publicIp(other, 1), networks())],
  ['direct ARP requests on the bridge', () => routed('dev eth0 scope link', networks())],
  ["frames for the router's MAC", () => framed('02:00:0a:f0:00:01', networks(), targets())],
  ['frames for every MAC', () => framed('ff:ff:ff:ff:ff:ff', networks(), targets())],
];

describe('root in a worker and a controller', () => {
  test.each(WAYS)('gets no answer with %s', async (_what, way) => {
    const { before, after, own: taken } = way();
    // A node itself answers at the address that it has taken.
    const asked = targets().filter((target) => !taken || !target.startsWith(`${taken} `));
    const seen = ['worker-0', 'controller-0'].map((node) =>
      answers(onNodeOf(ONE, node), asked, `${before}\n${send()}`, after),
    );
    expect(await Promise.all(seen)).toEqual([nothing(asked), nothing(asked)]);
  });
});

test("no packet left the lab for the other's networks, and none arrived there", async () => {
  expect(await counters.seen()).toEqual({ left: 0, arrived: 1 });
});

test('requests get through, and are counted, without the walls', async () => {
  const restore = await breach(ONE, publicIp(own, 1), [own.link, other.link]);
  try {
    const seen = await answers(onNodeOf(ONE, 'worker-0'), targets(), send());
    expect(seen).toMatchObject({
      [open()[0]]: `${OTHER} worker-0`,
      [machine()[0]]: 'this machine',
    });
    expect((await answers(inPodOf(ONE, POD), open()))[open()[0]]).toBe(`${OTHER} worker-0`);
    const { left, arrived } = await counters.seen();
    expect(left).toBeGreaterThan(0);
    expect(arrived).toBeGreaterThan(1);
  } finally {
    await restore();
  }
  expect(await answers(onNodeOf(ONE, 'worker-0'), targets())).toEqual(nothing(targets()));
});

/** Limits of the first lab after the next up. */
const BOUNDS = { memoryLimit: 900 * 2 ** 20, processLimit: 400 };
const runs = async (pid: string): Promise<string> =>
  (await asRoot(ONE, 'controller-0', `pidof ${pid}`)).trim();

describe('the limits of a lab', () => {
  test('are reported and repaired after a change on the host, and change in place with the same nodes', async () => {
    writeSetting(groupOf(ONE), 'pids.max', 'max');
    expect((await lab('status', ONE)).stdout).toContain(
      `workspace: pids.max of its control group ${groupOf(ONE)} is max, not 500`,
    );
    const before = processesOf(ONE);
    await labPrints('up', ONE, '--yes', ...withConfig({ memoryLimit: '900Mi', processLimit: 400 }));
    expect(boundsDrift(ONE, BOUNDS)).toBe('');
    expect(processesOf(ONE).filter((pid) => before.includes(pid)).length).toBeGreaterThan(
      before.length * 0.9,
    );
  });

  test('do not change by root in a node', async () => {
    await asRoot(
      ONE,
      'worker-0',
      `for limit in memory.limit_in_bytes memory.memsw.limit_in_bytes memory.max pids.max cpu.shares cpu.weight; do
      for file in $(find /sys/fs/cgroup -maxdepth 2 -name $limit); do for value in -1 max 10000; do echo $value > $file; done; done; done 2> /dev/null; true`,
    );
    expect(boundsDrift(ONE, BOUNDS)).toBe('');
  });
});

describe('a lab at its limits', () => {
  afterAll(endLoad);

  test('kills a pod that fills the memory, and no process of its control plane', async () => {
    const before = await Promise.all(['etcd', 'kube-apiserver'].map(runs));
    const killed = await lab(
      'kubectl',
      ONE,
      '--',
      'exec',
      POD,
      '--',
      'dd',
      'if=/dev/zero',
      'of=/dev/null',
      'bs=4000M',
      'count=1',
    );
    expect(killed.stderr).toMatch(/137/);
    expect(await Promise.all(['etcd', 'kube-apiserver'].map(runs))).toEqual(before);
  });

  test('does not disturb the other lab, which passes all checks', async () => {
    const timed = async (): Promise<{ seconds: number; failed: string[] }> => {
      const begun = Date.now();
      const failed = failures(await verify(OTHER));
      return { seconds: (Date.now() - begun) / 1000, failed };
    };
    const idle = Math.min((await timed()).seconds, (await timed()).seconds);
    const sampled = sample(ONE);
    await loadPod(ONE, POD);
    for (const load of ['loops', 'memory', 'forks'] as const) await loadNode(ONE, 'worker-0', load);
    const loaded = await timed();
    const started = await Promise.all(Array.from({ length: 20 }, () => run('true', [])));
    const trouble = boundsDrift(ONE, BOUNDS);
    const most = sampled.stop();
    await endLoad();
    process.stderr.write(
      `idle ${idle} s, loaded ${loaded.seconds} s; at most ${most.memory / 2 ** 20} MiB, ${most.processes} processes\n`,
    );
    expect(loaded.failed).toEqual([]);
    expect(started.map(({ code }) => code)).toEqual(started.map(() => 0));
    expect(trouble).toBe('');
    // The load reached the limits and did not exceed them.
    expect(most.processes).toBe(BOUNDS.processLimit);
    expect(most.memory).toBeLessThan(BOUNDS.memoryLimit * 1.01);
    expect(most.memory).toBeGreaterThan(BOUNDS.memoryLimit * 0.95);
  });

  test('passes all checks after the load', async () => {
    await labPrints('up', ONE, '--yes');
    expect(failures(await verify(ONE))).toEqual([]);
  });

  test('passes all checks while the namespace of a dead pod has yet to go', async () => {
    await asRoot(
      ONE,
      'worker-0',
      `dead=cni-$(cat /proc/sys/kernel/random/uuid); ip netns add $dead
      systemd-run --quiet --on-active=20s --timer-property=AccuracySec=100ms ip netns del $dead`,
    );
    expect(failures(await verify(ONE))).toEqual([]);
  });

  test('leaves nothing after a down under load', async () => {
    await counters.stop();
    await loadNode(ONE, 'worker-0', 'forks');
    await labPrints('down', ONE, '--yes');
    expect(await tracesOf(ONE, own.link)).toEqual([]);
  });
});
