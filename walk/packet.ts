import { listOf, textIf } from '../util/optional';

/** Protocols that a probe can use. */
export const PROTOCOLS = ['icmp', 'tcp', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Headers of an IPv4 packet, as far as a walk shows them. */
export interface Packet {
  src: string;
  dst: string;
  protocol: Protocol;
  ttl: number;
  /** Ports of tcp and udp; unset for icmp. */
  sport?: number;
  dport?: number;
  /** For example `echo request`, `SYN`, `SYN, ACK`, `RST, ACK`; empty for udp. */
  kind: string;
  /** Identifier of an ICMP echo; unset for others. */
  id?: number;
}

/** Direction of a packet at an interface, seen from the namespace that has the interface. */
export type Way = 'in' | 'out';

/** One packet at one interface, as a tap captured it. */
export interface Sighting {
  /** `pod default/nginx`, `worker-0`, `VPC router` or `laptop`. */
  place: string;
  interface: string;
  way: Way;
  /** Nanoseconds since 1970. All taps of a local lab read the same clock. */
  time: bigint;
  /** Source MAC address; empty if the interface has none. */
  mac: string;
  /** Whether the frame is for another MAC address. */
  foreign: boolean;
  packet: Packet;
  /** Whole IP packet, for pcapng. */
  bytes: Buffer;
}

const NUMBERS: Record<number, Protocol> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

/** ICMP types by number, as RFC 792 names them. */
const ICMP_TYPES: Record<number, string> = {
  0: 'echo reply',
  3: 'destination unreachable',
  5: 'redirect',
  8: 'echo request',
  11: 'time exceeded',
};

const TCP_FLAGS: [number, string][] = [
  [0x02, 'SYN'],
  [0x04, 'RST'],
  [0x01, 'FIN'],
  [0x10, 'ACK'],
];

const address = (bytes: Buffer, at: number): string => bytes.subarray(at, at + 4).join('.');

function flagsOf(value: number): string {
  return TCP_FLAGS.filter(([bit]) => (value & bit) !== 0)
    .map(([, name]) => name)
    .join(', ');
}

/** Parses an IPv4 packet; `undefined` if it is another protocol or too short. */
export function parsePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < 28 || bytes[0] >> 4 !== 4) return undefined;
  const protocol = NUMBERS[bytes[9]];
  if (protocol === undefined) return undefined;
  const body = (bytes[0] & 15) * 4;
  const common = { src: address(bytes, 12), dst: address(bytes, 16), ttl: bytes[8], protocol };
  if (protocol === 'icmp') {
    const type = bytes[body];
    const kind = ICMP_TYPES[type] ?? `type ${type}`;
    // An echo request or its reply.
    if (type === 0 || type === 8) return { ...common, kind, id: bytes.readUInt16BE(body + 4) };
    return { ...common, kind };
  }
  return {
    ...common,
    sport: bytes.readUInt16BE(body),
    dport: bytes.readUInt16BE(body + 2),
    kind: textIf(protocol === 'tcp', flagsOf(bytes[body + 13] ?? 0)),
  };
}

/** Formats one end of a packet: its address, with the port if there is one. */
export const spellEnd = (address: string, port: number | undefined): string =>
  [address, ...listOf(port)].join(':');

/** Formats the addresses of a packet: `10.200.0.4:40000 → 10.32.0.10:53`. */
export const spellAddresses = (packet: Pick<Packet, 'src' | 'dst' | 'sport' | 'dport'>): string =>
  `${spellEnd(packet.src, packet.sport)} → ${spellEnd(packet.dst, packet.dport)}`;
