import type { LabOutputs } from '../components/outputs';
import { changesBetween } from './changes';
import type { Cluster } from './cluster';
import type { Source, Target } from './endpoints';
import { endingOf } from './ending';
import type { Sighting } from './packet';
import { LAPTOP, podPlace } from './place-names';
import { cloudPlaces, localPlaces, type StartOnNode, type Tapped } from './places';
import type { ReportedVisit, WalkReport } from './report';
import { decidingRules } from './rules';
import { decisionsOf, obstacleIn } from './taps/decisions';
import type { Place } from './taps/namespaces';
import { createProbe, sendProbe, type Probe, type ProbeResult } from './taps/probe';
import { openTap, type Seen, type Tap } from './taps/tap';
import type { VpcInterface } from './vpc/facts';
import { withVpc } from './vpc/insert';
import { readVpcInterfaces } from './vpc/read';
import { joinWay, packetsOf, type Hop, type RoundTrip, type Visit } from './way';

/** Returns the name of the place that sends the probe. */
function placeOfSource(source: Source): string {
  if (source.kind === 'laptop') return LAPTOP;
  return source.kind === 'node' ? source.node.name : podPlace(source.pod);
}

/** Sends the probe while the taps are open. Closes the taps, also after an error. */
async function observe(
  places: Place[],
  { probe, from }: { probe: Probe; from: Place },
): Promise<{ seen: Seen[]; result: ProbeResult }> {
  const opened = await Promise.allSettled(places.map((place) => openTap(place, probe)));
  const taps = opened.flatMap((one): Tap[] => (one.status === 'fulfilled' ? [one.value] : []));
  const closeAll = (): Promise<Seen[]> => Promise.all(taps.map((tap) => tap.stop()));
  try {
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason as Error;
    const result = await sendProbe(probe, from);
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
  /** Debian tree of local labs' nodes, which has tcpdump; `undefined` if this host has none. */
  tree: string | undefined;
  /** Starts programs on the nodes of a cloud lab. */
  start: StartOnNode;
}

/** Result of a walk, and its packets for pcapng. */
export interface Walked {
  report: WalkReport;
  packets: Sighting[];
}

/** Opens the machines of a lab and finds its places. The caller closes the machines. */
function openPlaces(request: WalkRequest): Promise<Tapped> {
  const { outputs, cluster, source, target, tree, start } = request;
  if (outputs.cloud !== 'local')
    return cloudPlaces(outputs, { cluster, source, address: target.address, start, tree });
  if (tree === undefined) throw new Error('the Debian tree of the nodes is not installed');
  return localPlaces(outputs, { cluster, source, tree });
}

/** Adds the VPC's part to both ways of a cloud lab, as the cloud's API reports it. */
function addVpc(
  { forward, reply }: { forward: ReportedVisit[]; reply: ReportedVisit[] },
  { outputs, interfaces }: { outputs: LabOutputs; interfaces: VpcInterface[] },
  { places, untapped }: Tapped,
): { forward: ReportedVisit[]; reply: ReportedVisit[] } {
  const uplinks = new Map(
    places.flatMap(({ name, uplink }) =>
      uplink === undefined ? [] : ([[name, uplink]] as [string, string][]),
    ),
  );
  const knowledge = { interfaces, uplinks, routes: outputs.topology.routes, untapped };
  return {
    forward: withVpc(forward, false, knowledge),
    reply: withVpc(reply, true, knowledge),
  };
}

/** Sends the probe through places and reports its way and its answer's. */
export async function walkThrough(tapped: Tapped, request: WalkRequest): Promise<Walked> {
  const { outputs, source, target, to } = request;
  const { places } = tapped;
  const from = places.find(({ name }) => name === placeOfSource(source));
  if (!from) throw new Error(noPlace(placeOfSource(source), tapped));
  const probe = createProbe(target.protocol, target.address, target.port);
  const { seen, result } = await observe(places, { probe, from });
  const trip: RoundTrip = joinWay(seen, probe);
  const isLocal = outputs.cloud === 'local';
  const [there, back, interfaces] = await Promise.all([
    describe(trip.forward.slice(0, ASKED_VISITS), true, undefined),
    describe(trip.reply.slice(0, ASKED_VISITS), false, undefined),
    isLocal ? [] : readVpcInterfaces(outputs),
  ]);
  const seenWays = { forward: there, reply: back };
  const { forward, reply } = isLocal ? seenWays : addVpc(seenWays, { outputs, interfaces }, tapped);
  // The laptop may send with an address of another interface.
  const sent = trip.forward.find(({ place }) => place.name === LAPTOP)?.hops[0].packet.src;
  const addresses = (name: string): string[] => {
    const interfaces = places.find((place) => place.name === name)?.interfaces.values() ?? [];
    const own = [...interfaces].flatMap((one) => one.addresses);
    return name === LAPTOP && sent !== undefined ? [...own, sent] : own;
  };
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

/** Explains why the place that sends the probe is not among the places. */
function noPlace(name: string, { untapped }: Tapped): string {
  const [first] = untapped;
  if (first === undefined) return `${name} has no network namespace`;
  return `${name} can't be tapped; ${first.node} refused: ${first.reason}`;
}

/** Sends one marked probe through a lab and reports its way and its answer's. */
export async function walk(request: WalkRequest): Promise<Walked> {
  const tapped = await openPlaces(request);
  try {
    return await walkThrough(tapped, request);
  } finally {
    await Promise.all(tapped.machines.map((machine) => machine.close()));
  }
}
