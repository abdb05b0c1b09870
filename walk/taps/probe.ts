import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../util/repo-root';
import type { Protocol } from '../packet';
import { inPlace, type Place } from './namespaces';

/** Result of a probe, as its sender saw it. */
export interface ProbeResult {
  outcome: 'answered' | 'refused' | 'unreachable' | 'silent';
  /** Message of the kernel if the probe could not be sent or delivered; otherwise empty. */
  detail: string;
}

/** A marked packet that a walk sends. */
export interface Probe {
  protocol: Protocol;
  address: string;
  /** 0 for icmp. */
  port: number;
  /** 32-bit number by which taps recognise the packet. */
  marker: number;
  /** Payload of udp, in hexadecimal. It starts with the marker. */
  payload: string;
}

/** Seconds that a probe waits for its answer. TCP would send its SYN again after 1 s. */
const SECONDS = 0.8;

const DNS_PORT = 53;
/** Flags of a DNS query: recursion desired. */
const DNS_QUERY = 0x0100;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Returns a DNS query for the A record of `name`, in hexadecimal. */
function dnsQuery(marker: number, name: string): string {
  const labels = name
    .split('.')
    .map((label) => hex(label.length, 2) + Buffer.from(label).toString('hex'));
  return `${hex(marker, 8)}0001000000000000${labels.join('')}0000010001`;
}

/** Creates a probe with a random marker. UDP to port 53 is a DNS query, which a DNS server answers. */
export function createProbe(protocol: Protocol, address: string, port: number): Probe {
  if (protocol === 'udp' && port === DNS_PORT) {
    const marker = randomInt(1, 0x10000) * 0x10000 + DNS_QUERY;
    const payload = dnsQuery(marker, 'kubernetes.default.svc.cluster.local');
    return { protocol, address, port, marker, payload };
  }
  const marker = randomInt(1, 2 ** 32 - 1);
  const payload = hex(marker, 8) + Buffer.from('hardway walk').toString('hex');
  return { protocol, address, port: protocol === 'icmp' ? 0 : port, marker, payload };
}

const SCRIPT = path.join(root, 'walk/taps/probe.pl');

/** Sends a probe from a place. */
export async function sendProbe(
  probe: Probe,
  from: Pick<Place, 'machine' | 'namespace'>,
): Promise<ProbeResult> {
  const { protocol, address, port, marker } = probe;
  // The text of the script, because nothing is copied to a node.
  const script = fs.readFileSync(SCRIPT, 'utf8');
  const args = [protocol, address, String(port), String(marker), String(SECONDS)];
  const words = inPlace(from, ['perl', '-e', script, ...args]);
  const ran = await from.machine.run(words, `${probe.payload}\n`);
  const [outcome, ...detail] = ran.stdout.trim().split(' ');
  if (ran.code !== 0 || outcome === '')
    throw new Error(`the probe could not be sent: ${ran.stderr.trim().split('\n')[0]}`);
  return { outcome: outcome as ProbeResult['outcome'], detail: detail.join(' ') };
}
