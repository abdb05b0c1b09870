import { spellAddresses, spellEnd, type Packet } from './packet';

/** Frame at an interface, as far as changes are shown. */
interface Frame {
  mac: string;
  packet: Packet;
}

/** Lists what changed from one interface to the next: addresses with ports, TTL and source MAC. */
export function changesBetween(before: Frame | undefined, now: Frame): string[] {
  if (before === undefined) return [];
  const pairs = [
    ['src', ...[before.packet, now.packet].map(({ src, sport }) => spellEnd(src, sport))],
    ['dst', ...[before.packet, now.packet].map(({ dst, dport }) => spellEnd(dst, dport))],
    ['ttl', String(before.packet.ttl), String(now.packet.ttl)],
    ['mac', before.mac, now.mac],
  ];
  return pairs
    .filter(([, old, current]) => old !== current)
    .map(([name, old, current]) => `${name} ${old} → ${current}`);
}

/** Formats the whole packet, for the first interface of a way. */
export const spellPacket = (packet: Packet): string =>
  [packet.kind || packet.protocol, spellAddresses(packet), `ttl ${packet.ttl}`].join(', ');
