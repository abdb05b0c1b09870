import { fieldsIf, ifPresent } from '../util/optional';
import type { Packet } from './packet';

/** One rule or policy that a packet met, as `nft -a monitor trace` prints it. */
export interface TraceEvent {
  /** Number that the kernel gives to a packet in one namespace, for example `4e2e2672`. */
  id: string;
  /** For example `ip`, `inet` or `bridge`. */
  family: string;
  table: string;
  chain: string;
  /** Text of the rule as nft prints it; `policy accept` for the end of a chain. */
  text: string;
  /** Number of the rule in its table; unset for a policy. */
  handle?: number;
  /** For example `accept`, `drop`, `continue`, `jump KUBE-SERVICES`, `return`. */
  verdict: string;
}

/** Packet as one chain saw it, and everything that the kernel decided about it from there on. */
export interface Trace {
  id: string;
  /** Headers at the first chain. */
  packet: Pick<Packet, 'src' | 'dst' | 'sport' | 'dport' | 'ttl'>;
  /** Headers at the last chain, with the addresses that rules have changed. */
  last: Trace['packet'];
  /** Interfaces by name; empty if the chain does not know the interface. */
  iif: string;
  oif: string;
  /** Destination MAC address when the packet arrived; empty for packets of the namespace itself. */
  macTo: string;
  events: TraceEvent[];
}

const LINE = /^trace id (\S+) (\S+) (\S+) (\S+) (packet:|rule|verdict|policy)\s?(.*)$/;

const field = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';

function numberField(text: string, pattern: RegExp): number | undefined {
  const value = field(text, pattern);
  return ifPresent(value, Number);
}

function readHeaders(text: string): Omit<Trace, 'id' | 'last' | 'events'> {
  return {
    packet: {
      src: field(text, /ip saddr (\S+)/),
      dst: field(text, /ip daddr (\S+)/),
      sport: numberField(text, /(?:tcp|udp) sport (\d+)/),
      dport: numberField(text, /(?:tcp|udp) dport (\d+)/),
      ttl: Number(field(text, /ip ttl (\d+)/)),
    },
    iif: field(text, /iif "([^"]*)"/),
    oif: field(text, /oif "([^"]*)"/),
    macTo: field(text, /ether daddr (\S+)/),
  };
}

function readEvent(id: string, [family, table, chain]: string[], text: string): TraceEvent {
  const rule = /^(.*?)(?: # handle (\d+))? \(verdict (.*)\)\s*$/.exec(text);
  if (!rule) {
    const policy = text.trim();
    return { id, family, table, chain, text: `policy ${policy}`, verdict: policy };
  }
  const [, body, handle, verdict] = rule;
  return {
    id,
    family,
    table,
    chain,
    text: body
      .replace(/\bcounter packets \d+ bytes \d+ ?/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
    verdict,
    ...fieldsIf(handle !== undefined, { handle: Number(handle) }),
  };
}

/**
 * Parses the output of `nft -a monitor trace`: one Trace for each packet in each namespace, in the
 * order of arrival. Leaves out the walk's own table, which only marks the packets.
 */
export function parseTraces(text: string, ownTable: string): Trace[] {
  const traces = new Map<string, Trace>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, id, family, table, chain, kind, rest] = match;
    const known = traces.get(id);
    if (kind === 'packet:') {
      const headers = readHeaders(rest);
      if (!known) traces.set(id, { id, ...headers, last: headers.packet, events: [] });
      else {
        known.last = headers.packet;
        known.oif ||= headers.oif;
      }
      continue;
    }
    if (!known || table === ownTable || kind === 'verdict') continue;
    known.events.push(readEvent(id, [family, table, chain], rest));
  }
  return [...traces.values()];
}
