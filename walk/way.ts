import type { Packet, Sighting, Way } from './packet';
import type { Seen } from './taps/tap';
import type { Place } from './taps/namespaces';
import type { Trace } from './trace';

/** One interface on a packet's way. */
export interface Hop {
  interface: string;
  way: Way;
  /** Source MAC address of the frame. */
  mac: string;
  packet: Packet;
}

/** Stay of a packet in one place: the interfaces it passed in a row, and what decided there. */
export interface Visit {
  place: Place;
  hops: Hop[];
  traces: Trace[];
}

/** Way of a probe and of its answer. Either list is empty if no tap saw the packet. */
export interface RoundTrip {
  forward: Visit[];
  reply: Visit[];
}

/** Mark that distinguishes a probe from its answer and from other packets. */
export interface Marked {
  protocol: 'icmp' | 'tcp' | 'udp';
  marker: number;
}

type Tuple = Pick<Packet, 'src' | 'dst' | 'sport' | 'dport'>;

const sameTuple = (one: Tuple, other: Tuple): boolean =>
  one.src === other.src &&
  one.dst === other.dst &&
  one.sport === other.sport &&
  one.dport === other.dport;

const reversed = ({ src, dst, sport, dport }: Tuple): Tuple => ({
  src: dst,
  dst: src,
  sport: dport,
  dport: sport,
});

/** Bytes before a UDP payload: IP and UDP headers. */
const UDP_PAYLOAD = 28;

function isProbe({ packet, bytes }: Sighting, { protocol, marker }: Marked): boolean {
  if (packet.protocol !== protocol) return false;
  if (protocol === 'icmp') return packet.kind === 'echo request';
  if (protocol === 'tcp') return packet.kind === 'SYN';
  return bytes.length >= UDP_PAYLOAD + 4 && bytes.readUInt32BE(UDP_PAYLOAD) === marker;
}

/**
 * Removes copies that a bridge sent to ports of other MAC addresses, and their departure from the
 * bridge. The interfaces that are ports of a bridge see every frame, so they are left alone.
 */
function withoutCopies(sightings: Sighting[], places: Map<string, Place>): Sighting[] {
  const isPort = ({ place, interface: name }: Sighting): boolean =>
    [...places.get(place)!.interfaces.values()].some(
      (one) => one.name === name && one.master !== undefined,
    );
  const copies = new Set<Sighting>();
  sightings.forEach((sighting, at) => {
    if (sighting.way === 'out' || !sighting.foreign || isPort(sighting)) return;
    copies.add(sighting);
    const before = sightings[at - 1];
    if (before?.way === 'out' && before.place !== sighting.place) copies.add(before);
  });
  return sightings.filter((sighting) => !copies.has(sighting));
}

/** Sorts by time. Sightings of one place keep their order, because a bridge hands on the time of its port. */
function inOrder(seen: Seen[]): Sighting[] {
  const all = seen.flatMap(({ sightings }) => sightings);
  return all.sort((one, other) => Number(one.time - other.time));
}

function asVisits(sightings: Sighting[], places: Map<string, Place>): Visit[] {
  const visits: Visit[] = [];
  for (const { place, interface: name, way, mac, packet } of sightings) {
    const last = visits.at(-1);
    const hop: Hop = { interface: name, way, mac, packet };
    if (last?.place.name === place) last.hops.push(hop);
    else visits.push({ place: places.get(place)!, hops: [hop], traces: [] });
  }
  return visits;
}

/** Whether a trace is about a packet of a visit. Loops bring a packet back with another TTL. */
const isAbout = (trace: Trace, { hops }: Visit): boolean =>
  hops.some(({ packet }) => sameTuple(packet, trace.packet) && packet.ttl === trace.packet.ttl);

/** Gives each trace to the visit that it is about. */
function addTraces(seen: Seen[], { forward, reply }: RoundTrip): void {
  for (const { place, traces } of seen) {
    const visits = [...forward, ...reply].filter((visit) => visit.place.name === place.name);
    let last: Visit | undefined;
    for (const trace of traces) {
      const own = visits.find((visit) => isAbout(trace, visit));
      // A packet that a rule changed and another dropped was seen by no tap in its new form.
      const visit = own ?? (last && visits.includes(last) ? last : undefined);
      visit?.traces.push(trace);
      last = visit ?? last;
    }
  }
}

/** Joins what the taps saw to the way of the probe and the way of its answer. Pure. */
export function joinWay(seen: Seen[], marked: Marked): RoundTrip {
  const places = new Map(seen.map(({ place }) => [place.name, place]));
  const sightings = withoutCopies(inOrder(seen), places);
  const probes = sightings.filter((sighting) => isProbe(sighting, marked));
  const isAnswer = (sighting: Sighting): boolean => {
    if (probes.includes(sighting)) return false;
    if (marked.protocol !== 'udp' || sighting.packet.protocol === 'icmp') return true;
    return probes.some(
      (probe) =>
        probe.place === sighting.place && sameTuple(probe.packet, reversed(sighting.packet)),
    );
  };
  const trip = {
    forward: asVisits(probes, places),
    reply: asVisits(sightings.filter(isAnswer), places),
  };
  addTraces(seen, trip);
  return trip;
}

/** Returns the packets of a round trip in order, for pcapng. Pure. */
export function packetsOf(seen: Seen[], { forward, reply }: RoundTrip): Sighting[] {
  const shown = new Set(
    [...forward, ...reply].flatMap(({ hops }) => hops.map(({ packet }) => packet)),
  );
  return inOrder(seen).filter(({ packet }) => shown.has(packet));
}
