import * as fs from 'node:fs';
import * as net from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { boundsDrift } from '../../provider/local/workspace/resource-limits';
import { groupOf, processesOf, writeSetting } from '../../provider/local/shared/cgroups';
import { until } from '../support/until';
import { asRoot, failures, lab, labPrints, run, state, verify } from '../support/command';
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
 * Two labs side by side, with the same node network: none of one can be reached from the other, from a node or a pod,
 * by any address. That both are asked right is shown from this machine, and by a wall that is taken down. And what one
 * takes of the machine is bounded, so that the other still works.
 */

const [ONE, OTHER] = ['local-b01', 'local-b02'];
const SMALL = ['--stage', 'network', '--set', 'controllers=1', '--set', 'workers=1'];
/** Of the other lab alone, so that who answers there can be nobody else. */
const [PODS, SERVICES] = ['10.201.0.0/16', '10.33.0.0/24'];
const POD = 'prober';

jest.setTimeout(10 * 60_000);

let own: { link: string; slot: number };
let other: { link: string; slot: number };
let counters: Counters;
let server: net.Server;

const publicIp = ({ slot }: { slot: number }, host: number): string => `198.18.${slot}.${host}`;
const networks = (): string[] => [`${publicIp(other, 0)}/24`, PODS, SERVICES];
/** By which the other lab, and this machine, could be reached. */
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
      '--set',
      'memoryLimit=1Gi',
      '--set',
      'processLimit=500',
    ),
    labPrints(
      'up',
      OTHER,
      '--yes',
      ...SMALL,
      '--set',
      `podCidr=${PODS}`,
      '--set',
      `serviceCidr=${SERVICES}`,
    ),
  ]);
  [own, other] = [slotOf(ONE)!, slotOf(OTHER)!];
  // The other's, so that there is a bridge with an address of its pod network.
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

test('what is asked for is there: this machine, and the lab itself, get an answer at each address', async () => {
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
  test('finds its own lab at the addresses that both have', async () => {
    const addresses = {
      [`10.240.0.10 ${MARKED}`]: `${ONE} controller-0`,
      [`10.240.0.20 ${MARKED}`]: `${ONE} worker-0`,
      [`10.200.0.1 ${MARKED}`]: `${ONE} worker-0`,
    };
    // The first request of a machine starts its marker, which may take longer than the others wait.
    await until('its own machines answer', async () =>
      isDeepStrictEqual(await answers(place(), Object.keys(addresses)), addresses),
    );
  });

  test('gets no answer from the other, nor from this machine', async () => {
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

/** Datagrams that would be counted where they come by. */
const send = (): string =>
  [publicIp(other, 20), '10.201.0.1', publicIp(other, 1)]
    .map((address) => `for i in 1 2 3; do echo x | nc -u -w 1 ${address} ${COUNTED} & done`)
    .join('\n');

/** What root does so that packets find another way. A pod's root has the worker's ways. */
const WAYS: [string, () => Way][] = [
  ['routes to the router', () => routed('via 10.240.0.1', networks())],
  ['routes to the worker', () => routed('via 10.240.0.20', networks())],
  ['the source of a machine in the other lab', () => from(publicIp(other, 10), networks())],
  ["this machine's own source", () => from(publicIp(other, 1), networks())],
  [
    'the bridge itself, asking by ARP who has an address',
    () => routed('dev eth0 scope link', networks()),
  ],
  ["frames for the router's MAC", () => framed('02:00:0a:f0:00:01', networks(), targets())],
  ['frames for every MAC', () => framed('ff:ff:ff:ff:ff:ff', networks(), targets())],
];

describe('root in a worker and a controller', () => {
  test.each(WAYS)('gets no answer with %s', async (_what, way) => {
    const { before, after, own: taken } = way();
    // What it took for its own answers itself.
    const asked = targets().filter((target) => !taken || !target.startsWith(`${taken} `));
    const seen = ['worker-0', 'controller-0'].map((node) =>
      answers(onNodeOf(ONE, node), asked, `${before}\n${send()}`, after),
    );
    expect(await Promise.all(seen)).toEqual([nothing(asked), nothing(asked)]);
  });
});

test('no packet of all that came out of the lab, or into the other', async () => {
  expect(await counters.seen()).toEqual({ left: 0, arrived: 1 });
});

test('the same is seen to get through where the walls are taken down', async () => {
  const mend = await breach(ONE, publicIp(own, 1), [own.link, other.link]);
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
    await mend();
  }
  expect(await answers(onNodeOf(ONE, 'worker-0'), targets())).toEqual(nothing(targets()));
});

/** Of the first lab, once it was brought up again with them. */
const BOUNDS = { memoryLimit: 900 * 2 ** 20, processLimit: 400 };
const runs = async (pid: string): Promise<string> =>
  (await asRoot(ONE, 'controller-0', `pidof ${pid}`)).trim();

describe('what a lab may take', () => {
  test('is named where somebody changed it, and mended; changed in place, without a machine made anew', async () => {
    writeSetting(groupOf(ONE), 'pids.max', 'max');
    expect((await lab('status', ONE)).stdout).toContain(
      `workspace: pids.max of its control group ${groupOf(ONE)} is max, not 500`,
    );
    const before = processesOf(ONE);
    await labPrints('up', ONE, '--yes', '--set', 'memoryLimit=900Mi', '--set', 'processLimit=400');
    expect(boundsDrift(ONE, BOUNDS)).toBe('');
    expect(processesOf(ONE).filter((pid) => before.includes(pid)).length).toBeGreaterThan(
      before.length * 0.9,
    );
  });

  test('is out of reach for root in a node', async () => {
    await asRoot(
      ONE,
      'worker-0',
      `for limit in memory.limit_in_bytes memory.memsw.limit_in_bytes memory.max pids.max cpu.shares cpu.weight; do
      for file in $(find /sys/fs/cgroup -maxdepth 2 -name $limit); do for value in -1 max 10000; do echo $value > $file; done; done; done 2> /dev/null; true`,
    );
    expect(boundsDrift(ONE, BOUNDS)).toBe('');
  });
});

describe('a lab that takes all it can get', () => {
  afterAll(endLoad);

  test('kills a pod that takes the memory, and none of its control plane', async () => {
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

  test('leaves the other as it is: all checks pass', async () => {
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
    // It went as far as it could, and no further.
    expect(most.processes).toBe(BOUNDS.processLimit);
    expect(most.memory).toBeLessThan(BOUNDS.memoryLimit * 1.01);
    expect(most.memory).toBeGreaterThan(BOUNDS.memoryLimit * 0.95);
  });

  test('works again afterwards', async () => {
    await labPrints('up', ONE, '--yes');
    expect(failures(await verify(ONE))).toEqual([]);
  });

  test('is taken down while it does, and nothing is left', async () => {
    await counters.stop();
    await loadNode(ONE, 'worker-0', 'forks');
    await labPrints('down', ONE, '--yes');
    expect(await tracesOf(ONE, own.link)).toEqual([]);
  });
});
