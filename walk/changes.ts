import { spellAddresses, type Packet } from './packet';

/** Frame at an interface, as far as changes are shown. */
interface Frame {
  mac: string;
  packet: Packet;
}

const end = (packet: Packet, side: 'src' | 'dst'): string => {
  const port = side === 'src' ? packet.sport : packet.dport;
  return port === undefined ? packet[side] : `${packet[side]}:${port}`;
};

/** Lists what changed from one interface to the next: addresses with ports, TTL and source MAC. */
export function changesBetween(before: Frame | undefined, now: Frame): string[] {
  if (before === undefined) return [];
  const pairs = [
    ['src', end(before.packet, 'src'), end(now.packet, 'src')],
    ['dst', end(before.packet, 'dst'), end(now.packet, 'dst')],
    ['ttl', String(before.packet.ttl), String(now.packet.ttl)],
    ['mac', before.mac, now.mac],
  ];
  return pairs.flatMap(([name, old, current]) =>
    old === current ? [] : [`${name} ${old} → ${current}`],
  );
}

/** Formats the whole packet, for the first interface of a way. */
export const spellPacket = (packet: Packet): string =>
  [packet.kind || packet.protocol, spellAddresses(packet), `ttl ${packet.ttl}`].join(', ');
