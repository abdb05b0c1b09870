import type { Probe } from './probe';

// Filters that pass the probe, its answer and ICMP errors about it, by the probe's marker.

/** Name of the table by which nft marks packets for tracing. */
export const OWN_TABLE = 'hardway_walk';

/** Bytes before the marker in an ICMP error: ICMP header, IP header, and the header of the protocol. */
const INSIDE_ERROR = { icmp: 8 + 20 + 8, udp: 8 + 20 + 8, tcp: 8 + 20 + 4 } as const;

const next = (marker: number): number => (marker + 1) % 2 ** 32;

/** Returns tcpdump's filter. With `ifindex`, it passes only packets of that interface. */
export function captureFilter(probe: Probe, ifindex?: number): string {
  const { protocol, marker, port } = probe;
  const inError = `icmp[${INSIDE_ERROR[protocol]}:4] == ${marker}`;
  const own = {
    icmp: `icmp[8:4] == ${marker}`,
    tcp: `tcp[4:4] == ${marker} or tcp[8:4] == ${next(marker)}`,
    // The answer of an unknown protocol has no marker. Its addresses are compared later.
    udp: `udp[8:4] == ${marker} or (udp and not dst port ${port})`,
  }[protocol];
  const filter = `${own} or ${inError}`;
  if (ifindex === undefined) return filter;
  return `ifindex ${ifindex} and (${filter})`;
}

/** Returns nft's conditions for the probe and its answer. */
function conditions({ protocol, marker, port }: Probe): string[] {
  const hex = `0x${marker.toString(16).padStart(8, '0')}`;
  const inError = `meta l4proto icmp @th,${INSIDE_ERROR[protocol] * 8},32 ${hex}`;
  const own = {
    icmp: [`meta l4proto icmp @th,64,32 ${hex}`],
    tcp: [`tcp sequence ${marker}`, `tcp ackseq ${next(marker)}`],
    udp: [`meta l4proto udp @th,64,32 ${hex}`, `udp dport != ${port}`],
  }[protocol];
  return [...own, inError];
}

/** Hooks that a packet passes first: in the bridge, and then in IP. */
const HOOKS: [family: string, chain: string, hook: string][] = [
  ['inet', 'arriving', 'prerouting'],
  ['inet', 'leaving', 'output'],
  ['bridge', 'bridged', 'prerouting'],
];

/**
 * Returns commands for `nft -i` that mark the probe and its answer for tracing, then print the
 * traces. The priority is before connection tracking and every rule of the lab.
 */
export function traceCommands(probe: Probe): string {
  const tables = [...new Set(HOOKS.map(([family]) => family))].map(
    (family) => `add table ${family} ${OWN_TABLE} { flags owner; }`,
  );
  const chains = HOOKS.flatMap(([family, chain, hook]) => {
    const name = `${family} ${OWN_TABLE} ${chain}`;
    let ip = 'meta nfproto ipv4 ';
    if (family === 'bridge') ip = 'ether type ip ';
    return [
      `add chain ${name} { type filter hook ${hook} priority -450; }`,
      ...conditions(probe).map(
        (condition) => `add rule ${name} ${ip}${condition} meta nftrace set 1`,
      ),
    ];
  });
  return [...tables, ...chains, 'monitor trace', ''].join('\n');
}
