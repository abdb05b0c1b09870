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

/**
 * Sorts the sightings of each machine by the machine's clock. Sightings of one place keep their
 * order, because a bridge hands on the time of its port.
 */
function inOrder(seen: Seen[]): Sighting[][] {
  const clocks = [...new Set(seen.map(({ place }) => place.machine.name))];
  return clocks.map((clock) =>
    seen
      .filter(({ place }) => place.machine.name === clock)
      .flatMap(({ sightings }) => sightings)
      .sort((one, other) => Number(one.time - other.time)),
  );
}

/** Splits the sightings of one machine where the packet leaves the machine. */
function staysOf(sightings: Sighting[], places: Map<string, Place>): Sighting[][] {
  const stays: Sighting[][] = [];
  let hasLeft = true;
  for (const sighting of sightings) {
    if (hasLeft) stays.push([]);
    stays.at(-1)!.push(sighting);
    const { uplink } = places.get(sighting.place)!;
    hasLeft = sighting.way === 'out' && sighting.interface === uplink;
  }
  return stays;
}

/**
 * Joins the stays on all machines in the order of the packet. Clocks of machines differ, so the
 * TTL decides: each machine that forwards the packet lowers it. The first machine sends the packet.
 */
function joinStays(machines: Sighting[][], places: Map<string, Place>): Sighting[][] {
  const isSent = ([first]: Sighting[]): boolean => first.way === 'out';
  return machines
    .flatMap((sightings) => staysOf(sightings, places))
    .sort(
      (one, other) =>
        Number(isSent(other)) - Number(isSent(one)) || other[0].packet.ttl - one[0].packet.ttl,
    );
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
  const machines = inOrder(seen).map((sightings) => withoutCopies(sightings, places));
  const probes = new Set(machines.flat().filter((sighting) => isProbe(sighting, marked)));
  const isAnswer = (sighting: Sighting): boolean => {
    if (probes.has(sighting)) return false;
    if (marked.protocol !== 'udp' || sighting.packet.protocol === 'icmp') return true;
    return [...probes].some(
      (probe) =>
        probe.place === sighting.place && sameTuple(probe.packet, reversed(sighting.packet)),
    );
  };
  const visitsOf = (isShown: (sighting: Sighting) => boolean): Visit[] => {
    const shown = machines.map((sightings) => sightings.filter(isShown));
    return joinStays(shown, places).flatMap((stay) => asVisits(stay, places));
  };
  const trip = {
    forward: visitsOf((sighting) => probes.has(sighting)),
    reply: visitsOf(isAnswer),
  };
  addTraces(seen, trip);
  return trip;
}

/** Returns the packets of a round trip in the order of each machine's clock, for pcapng. Pure. */
export function packetsOf(seen: Seen[], { forward, reply }: RoundTrip): Sighting[] {
  const shown = new Set(
    [...forward, ...reply].flatMap(({ hops }) => hops.map(({ packet }) => packet)),
  );
  return inOrder(seen)
    .flat()
    .filter(({ packet }) => shown.has(packet));
}
