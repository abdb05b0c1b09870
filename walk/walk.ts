import type { LabOutputs } from '../components/outputs';
import { namespaceOf, hostLink, slotOf } from '../provider/local';
import { changesBetween } from './changes';
import type { Cluster, Pod } from './cluster';
import type { Source, Target } from './endpoints';
import { endingOf } from './ending';
import type { Sighting } from './packet';
import { LAPTOP, podPlace, ROUTER } from './place-names';
import type { ReportedVisit, WalkReport } from './report';
import { decidingRules } from './rules';
import { decisionsOf, obstacleIn } from './taps/decisions';
import { podNamespaces, readPlace, type Place } from './taps/namespaces';
import { createProbe, sendProbe, type Probe, type ProbeResult } from './taps/probe';
import { openTap, type Seen, type Tap } from './taps/tap';
import { joinWay, packetsOf, type Hop, type RoundTrip, type Visit } from './way';

const pathOf = (namespace: string): string => `/run/netns/${namespace}`;

/** Finds the places of a lab's pods. Pods that ended meanwhile are left out. */
function podPlaces(lab: string, pods: Pod[]): Omit<Place, 'interfaces'>[] {
  const nodes = [...new Set(pods.map(({ node }) => node))];
  return nodes.flatMap((node) => {
    const own = pods.filter((pod) => pod.node === node);
    const found = podNamespaces(
      lab,
      node,
      own.map(({ ip }) => ip),
    );
    return own.flatMap((pod) => {
      const namespace = found.get(pod.ip);
      return namespace === undefined ? [] : [{ name: podPlace(pod), namespace }];
    });
  });
}

/** Returns every place where the probe can come by: the lab's nodes and router, pods, the laptop. */
export async function placesOf(
  { lab, topology }: Pick<LabOutputs, 'lab' | 'topology'>,
  { cluster, source }: { cluster: Cluster; source: Source },
): Promise<Place[]> {
  const slot = slotOf(lab);
  const places = [
    ...podPlaces(lab, cluster.pods),
    ...topology.nodes.map(({ name }) => ({ name, namespace: pathOf(namespaceOf(lab, name)) })),
    { name: ROUTER, namespace: pathOf(namespaceOf(lab, 'router')) },
    ...(source.kind === 'laptop' && slot
      ? [{ name: LAPTOP, namespace: undefined, only: hostLink(slot.slot) }]
      : []),
  ];
  return Promise.all(places.map(readPlace));
}

/** Returns the name of the place that sends the probe. */
function placeOfSource(source: Source): string {
  if (source.kind === 'laptop') return LAPTOP;
  return source.kind === 'node' ? source.node.name : podPlace(source.pod);
}

/** Sends the probe while the taps are open. Closes the taps, also after an error. */
async function observe(
  places: Place[],
  { probe, from, tree }: { probe: Probe; from: Place; tree: string },
): Promise<{ seen: Seen[]; result: ProbeResult }> {
  const opened = await Promise.allSettled(places.map((place) => openTap(place, { probe, tree })));
  const taps = opened.flatMap((one): Tap[] => (one.status === 'fulfilled' ? [one.value] : []));
  const closeAll = (): Promise<Seen[]> => Promise.all(taps.map((tap) => tap.stop()));
  try {
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason as Error;
    const result = await sendProbe(probe, from.namespace);
    await Promise.all(taps.map((tap) => tap.drain()));
    return { seen: await closeAll(), result };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Describes the visits of one way, with what the kernel says about each. */
async function describe(
  visits: Visit[],
  tracked: boolean,
  before: Hop | undefined,
): Promise<ReportedVisit[]> {
  const decisions = await Promise.all(
    visits.map((visit, at) => decisionsOf(visit, { next: visits[at + 1], tracked })),
  );
  let last = before;
  return visits.map(({ place, hops, traces }, at) => {
    const { route, routeKind, noRoute, conntrack, rules, obstacle } = decisions[at];
    const reported = hops.map((hop) => {
      const changes = changesBetween(last, hop);
      last = hop;
      return { ...hop, changes };
    });
    return {
      place: place.name,
      hops: reported,
      route: { kind: routeKind, text: route, missing: noRoute },
      rules: traces.flatMap((trace) => decidingRules(trace, rules)),
      conntrack,
      ...(obstacle && { obstacle }),
    };
  });
}

/** Most visits about which the kernel is asked. A packet in a circle visits the same places again. */
const ASKED_VISITS = 16;

/** Walk to do on a lab. */
export interface WalkRequest {
  outputs: LabOutputs;
  cluster: Cluster;
  source: Source;
  target: Target;
  /** DST as the user wrote it. */
  to: string;
  /** Debian tree of the nodes, which has tcpdump. */
  tree: string;
}

/** Result of a walk, and its packets for pcapng. */
export interface Walked {
  report: WalkReport;
  packets: Sighting[];
}

/** Sends one marked probe through a local lab and reports its way and its answer's. */
export async function walk(request: WalkRequest): Promise<Walked> {
  const { outputs, cluster, source, target, to, tree } = request;
  const places = await placesOf(outputs, { cluster, source });
  const from = places.find(({ name }) => name === placeOfSource(source));
  if (!from) throw new Error(`${placeOfSource(source)} has no network namespace on this host`);
  const probe = createProbe(target.protocol, target.address, target.port);
  const { seen, result } = await observe(places, { probe, from, tree });
  const trip: RoundTrip = joinWay(seen, probe);
  const [forward, reply] = await Promise.all([
    describe(trip.forward.slice(0, ASKED_VISITS), true, undefined),
    describe(trip.reply.slice(0, ASKED_VISITS), false, undefined),
  ]);
  const addresses = (name: string): string[] =>
    [...places.find((place) => place.name === name)!.interfaces.values()].flatMap(
      (one) => one.addresses,
    );
  const { nodePorts } = outputs.topology;
  const obstacle = forward.length === 0 ? await obstacleIn(from, target.address) : undefined;
  const facts = { forward, reply, from: from.name, addresses, target, nodePorts, ...result };
  const service = target.service && `svc/${target.service.name}`;
  const end = target.port === 0 ? target.address : `${target.address}:${target.port}`;
  return {
    report: {
      lab: outputs.lab,
      from: from.name,
      to: [...new Set([to, service, end])].filter(Boolean).join(', '),
      protocol: target.protocol,
      forward,
      reply,
      ending: endingOf({ ...facts, obstacle }),
    },
    packets: packetsOf(seen, trip),
  };
}
