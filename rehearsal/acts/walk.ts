import type { ReportedVisit, WalkReport } from '../../walk/report';
import { type Act } from './act';
import { client, deleteRoutes, setCheck, SETTLES } from './faults';
import { check, LAB, labSucceeds, lastLines, pause, type Stage, typeLab, up } from './stage';

const NEAR = 'walk-near';
const FAR = 'walk-far';

/** Address outside the lab that answers: the mirror's. */
const OUTSIDE = '203.0.113.10';

async function kubectl(stage: Stage, ...words: string[]): Promise<string> {
  return labSucceeds(stage, 'kubectl', LAB, '--', ...words);
}

/** Creates a pod on worker-0, a pod with nginx on worker-1, and a service of it. Returns the NodePort. */
async function makePods(stage: Stage): Promise<string> {
  const pods = [
    [NEAR, 'busybox', 'worker-0', '--command', '--', 'sleep', '100000'],
    [FAR, 'nginx', 'worker-1'],
  ];
  for (const [name, image, nodeName, ...command] of pods) {
    const overrides = JSON.stringify({ spec: { nodeName, terminationGracePeriodSeconds: 0 } });
    await kubectl(stage, 'run', name, `--image=${image}`, `--overrides=${overrides}`, ...command);
  }
  await kubectl(stage, 'expose', 'pod', FAR, '--port=80', '--type=NodePort');
  await kubectl(stage, 'wait', '--for=condition=Ready', 'pod', NEAR, FAR, '--timeout=120s');
  const path = '--output=jsonpath={.spec.ports[0].nodePort}';
  const port = /\d{5}/.exec(await kubectl(stage, 'get', 'service', FAR, path))?.[0];
  check(port !== undefined, `service ${FAR} has no NodePort`);
  return port;
}

async function deletePods(stage: Stage): Promise<void> {
  await kubectl(stage, 'delete', 'pod', NEAR, FAR, '--ignore-not-found');
  await kubectl(stage, 'delete', 'service', FAR, '--ignore-not-found');
}

async function walk(stage: Stage, ...words: string[]): Promise<WalkReport> {
  const { output } = await typeLab(stage, 'walk', LAB, ...words, '--json');
  const start = output.indexOf('{');
  check(start >= 0, `./lab walk ${words.join(' ')}:\n${lastLines(output)}`);
  return JSON.parse(output.slice(start, output.lastIndexOf('}') + 1)) as WalkReport;
}

/** Lists places with their interfaces, as `worker-0 in cnio0`. Names of veths are random. */
const hopsOf = (visits: ReportedVisit[]): string[] =>
  visits.flatMap(({ place, hops }) =>
    hops.length === 0
      ? [place]
      : hops.map(({ way, interface: name }) => {
          const known = name.replace(/^veth.+/, 'veth').replace(/^vpc\d+$/, 'link');
          return `${place} ${way} ${known}`;
        }),
  );

const VPC = 'VPC router';
const LEAVE = [`pod default/${NEAR} out eth0`, 'worker-0 in veth', 'worker-0 in cnio0'];
const ACROSS = ['worker-0 out eth0', VPC, 'worker-1 in eth0'];
const ENTER = ['worker-1 out cnio0', 'worker-1 out veth', `pod default/${FAR} in eth0`];

/** Walk with its hops and the texts that its rules must have. */
interface ExpectedWalk {
  words: string[];
  hops: string[];
  /** Texts of routes or rules of the VPC. */
  vpc: RegExp[];
}

/** Returns the walk from the user's machine to a NodePort. In profile small the gateway forwards it. */
function fromLaptop({ profile }: Stage, port: string): ExpectedWalk {
  const start = ['laptop out link', VPC];
  const gateway = ['controller-0 in eth0', 'controller-0 out eth0', VPC];
  const entry = profile === 'small' ? 'controller-0' : 'worker-0';
  return {
    words: ['laptop', `${entry}:${port}`],
    hops: [
      ...start,
      ...(profile === 'small' ? gateway : []),
      'worker-0 in eth0',
      ...ACROSS,
      ...ENTER,
    ],
    vpc: [/^internet gateway: 198\.18\.\S+ is 10\.240\.0\.\d+ of /, /tcp 30000-32767 from 203/],
  };
}

const expectedWalks = (stage: Stage, port: string): ExpectedWalk[] => [
  {
    words: [NEAR, FAR],
    hops: [...LEAVE, ...ACROSS, ...ENTER],
    vpc: [/^rtb-\w+: 10\.200\.1\.0\/24 via worker-1 \(eni-\w+\)$/, /icmp from 10\.240\.0\.0\/24/],
  },
  {
    words: [NEAR, `svc/${FAR}:80`],
    hops: [...LEAVE, ...ACROSS, ...ENTER],
    vpc: [/^rtb-\w+: 10\.200\.1\.0\/24 via worker-1/, /tcp 1-65535 from 10\.240\.0\.0\/24/],
  },
  {
    words: ['worker-0', 'worker-1'],
    hops: ACROSS,
    vpc: [/^rtb-\w+: 10\.240\.0\.0\/\d+ via local$/, /icmp from 10\.240\.0\.0\/24/],
  },
  fromLaptop(stage, port),
];

/** Expects that a probe is delivered, by these hops, with these decisions of the VPC. */
async function isDelivered(stage: Stage, { words, hops, vpc }: ExpectedWalk): Promise<void> {
  const { forward, ending } = await walk(stage, ...words);
  const shown = words.join(' ');
  check(ending.outcome === 'delivered', `walk ${shown}: ${ending.outcome}, ${ending.reason}`);
  const seen = hopsOf(forward);
  check(String(seen) === String(hops), `walk ${shown} went by ${seen.join(', ')}`);
  const router = forward.filter(({ place }) => place === VPC);
  const texts = router.flatMap(({ route, rules }) => [
    route.text,
    ...rules.map(({ text }) => text),
  ]);
  for (const expected of vpc)
    check(
      texts.some((text) => expected.test(text)),
      `walk ${shown}: no ${expected} in:\n${texts.join('\n')}`,
    );
}

/** Expects that a probe from pod to pod is dropped in the VPC, with a reason and a check. */
async function isDropped(stage: Stage, reason: RegExp, id: string): Promise<void> {
  const { ending } = await walk(stage, NEAR, FAR);
  const { outcome, place, check: covers } = ending;
  check(outcome === 'dropped', `the walk ended ${outcome}: ${ending.reason}`);
  check(place === VPC && covers === id, `it was dropped at ${place}; check ${covers}`);
  check(reason.test(ending.reason), `it was dropped by: ${ending.reason}`);
}

/** Commands that find a walk's programs and rules on a node; they print nothing if none is left. */
const LEFT = `pgrep -x 'tcpdump|nft'; pgrep -f '^perl -e'; sudo nft list tables | grep hardway_walk`;

async function leavesNothing(stage: Stage): Promise<void> {
  const nodes = ['controller-0', 'worker-0', 'worker-1'];
  for (const node of nodes) {
    const { output } = await typeLab(stage, 'ssh', LAB, node, '--', `${LEFT}; true`);
    check(output.trim() === '', `a walk left on ${node}:\n${output}`);
  }
}

async function playWalks(stage: Stage): Promise<void> {
  const port = await makePods(stage);
  try {
    for (const expected of expectedWalks(stage, port)) await isDelivered(stage, expected);
    const { ending } = await walk(stage, NEAR, OUTSIDE);
    check(
      ending.outcome === 'delivered' && ending.place === 'internet',
      `outside: ${ending.reason}`,
    );
    await setCheck(true);
    await pause(SETTLES);
    await isDropped(
      stage,
      /^source\/destination check: eni-\w+ of worker-1: SourceDestCheck true$/,
      'nat.ping',
    );
    await setCheck(false);
    await deleteRoutes(client(), '10.200.1.0/24');
    await pause(SETTLES);
    const elsewhere = stage.profile === 'small' ? 'controller-0' : 'the internet';
    await isDropped(
      stage,
      new RegExp(`0\\.0\\.0\\.0/0 via .*next hop is ${elsewhere}, and not worker-1$`),
      'route.vpc',
    );
    await leavesNothing(stage);
  } finally {
    await up(stage);
    await deletePods(stage);
  }
}

/** Acts of `./lab walk` on a cloud. */
export const walkActs: Act[] = [
  {
    name: 'walk',
    title: 'shows the way of packets, and where the VPC drops them',
    begins: 'with a lab',
    run: playWalks,
  },
];
