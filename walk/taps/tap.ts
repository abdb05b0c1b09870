import { spawn, type ChildProcess } from 'node:child_process';
import { readKernelFile } from '../../util/kernel-files';
import { poll } from '../../util/poll';
import { parseCapture } from '../capture';
import { parsePacket, type Sighting } from '../packet';
import { parseTraces, type Trace } from '../trace';
import { captureFilter, OWN_TABLE, traceCommands } from './filters';
import { inPlace, type Place } from './namespaces';
import type { Probe } from './probe';

/** Milliseconds in which a tap must be ready. */
const READY_LIMIT = 3000;

/** Seconds after which a tap ends, even if the walk does not stop it. */
const LIFETIME = 15;

/**
 * Bytes of a packet that a tap captures: all headers, and a DNS query. tcpdump has a buffer of 2 MiB
 * with room for one whole snapshot per packet. With its default of 256 KiB, the kernel drops the
 * ninth packet that arrives before tcpdump is scheduled.
 */
const SNAPSHOT_BYTES = 512;

/** Program in a place that collects its output. The kernel kills it when the walk's process ends. */
class Collector {
  readonly output: Buffer[] = [];
  errors = '';
  private readonly ended: Promise<void>;
  readonly child: ChildProcess;

  constructor(place: Place, words: string[]) {
    const command = ['--pdeathsig', 'KILL', ...inPlace(place, words)];
    this.child = spawn('setpriv', command, { stdio: 'pipe', detached: true });
    this.child.stdin!.on('error', () => undefined);
    this.child.stdout!.on('data', (chunk: Buffer) => this.output.push(chunk));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.child.on('error', (error) => (this.errors += error.message));
    this.ended = new Promise((resolve) => this.child.on('close', () => resolve()));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LIFETIME * 1000);
    void this.ended.then(() => clearTimeout(timer));
  }

  /** Waits until `isReady`. Throws an Error with the program's message if it ends before. */
  async ready(name: string, isReady: () => boolean): Promise<void> {
    const outcome = await poll(
      async () => {
        if (isReady()) return 'ready';
        return this.child.exitCode === null && this.child.pid !== undefined ? undefined : 'ended';
      },
      { limit: READY_LIMIT, interval: 10 },
    );
    if (outcome === 'ready') return;
    throw new Error(
      `${name}: ${this.errors.trim().split('\n').pop() || 'it is not ready in time'}`,
    );
  }

  /** Waits until `isDrained` holds twice in a row, for a short time at most. */
  async drain(isDrained: () => boolean): Promise<void> {
    let times = 0;
    await poll(
      () => {
        times = isDrained() ? times + 1 : 0;
        return times > 1;
      },
      { limit: DRAIN_LIMIT, interval: 15 },
    );
  }

  async stop(): Promise<Buffer> {
    this.child.kill('SIGKILL');
    await this.ended;
    return Buffer.concat(this.output);
  }
}

/** Netlink protocol of nftables, and the bit of its group for traces (NFNLGRP_NFTRACE, 9). */
const NETFILTER = '12';
const TRACE_GROUP = 1 << 8;

/**
 * Returns how many bytes of traces the kernel holds for a process; `undefined` if the process does
 * not listen to traces. Reads the list of netlink sockets in the process's network namespace.
 */
function pendingTraces(pid: number | undefined): number | undefined {
  const rows = (readKernelFile(`/proc/${pid}/net/netlink`) ?? '').split('\n');
  for (const row of rows) {
    const [, protocol, port, groups, pending] = row.trim().split(/\s+/);
    const isOwn = protocol === NETFILTER && Number(port) === pid;
    if (isOwn && (Number.parseInt(groups, 16) & TRACE_GROUP) !== 0) return Number(pending);
  }
  return undefined;
}

/** Milliseconds in which a tap must have written everything that the kernel passed to it. */
const DRAIN_LIMIT = 400;

/** tcpdump's count of packets, by its last statistics on standard error. */
export interface Captures {
  /** Packets that tcpdump has still to write. */
  unwritten: number;
  /** Packets that the kernel dropped, because tcpdump's buffer was full. */
  lost: number;
}

/** Parses tcpdump's last statistics; `undefined` if there are none. */
export function parseStatistics(text: string): Captures | undefined {
  const all = [
    ...text.matchAll(
      /(\d+) packets? captured,?\s+(\d+) packets? received by filter,?\s+(\d+) packets? dropped/g,
    ),
  ];
  const last = all.at(-1);
  if (!last) return undefined;
  const [captured, received, lost] = last.slice(1).map(Number);
  return { unwritten: received - captured - lost, lost };
}

/** Everything that one place saw of a probe and its answer. */
export interface Seen {
  place: Place;
  sightings: Sighting[];
  traces: Trace[];
}

/** Taps in one place: a capture of all interfaces, and a trace of all rules. */
export interface Tap {
  /** Waits until the taps have written all that they saw. */
  drain(): Promise<void>;
  /** Removes the taps and returns what they saw. */
  stop(): Promise<Seen>;
}

/** Settings of the taps. */
export interface TapOptions {
  probe: Probe;
  /** Debian tree of the nodes, which has tcpdump. */
  tree: string;
}

/**
 * Starts the taps in a place. nft keeps its table for as long as its socket is open (flag `owner`),
 * so the kernel removes the table with the process.
 */
export async function openTap(place: Place, { probe, tree }: TapOptions): Promise<Tap> {
  const filter = captureFilter(probe, ifindexOf(place));
  const capture = new Collector(place, [
    ...['chroot', tree, '/usr/bin/tcpdump', '-i', 'any', '-p', '-n', '-U', '-Z', 'root'],
    ...['--immediate-mode', '--time-stamp-precision=nano'],
    ...['-s', String(SNAPSHOT_BYTES), '-w', '-', filter],
  ]);
  const trace =
    place.namespace === undefined ? undefined : new Collector(place, ['nft', '-a', '-i']);
  trace?.child.stdin!.write(traceCommands(probe));
  const stop = async (): Promise<Seen> => {
    const [file, text] = await Promise.all([capture.stop(), trace?.stop()]);
    return {
      place,
      sightings: sightingsOf(place, file),
      traces: text ? parseTraces(text.toString(), OWN_TABLE) : [],
    };
  };
  try {
    await Promise.all([
      capture.ready(`tcpdump in ${place.name}`, () => capture.errors.includes('listening on')),
      trace?.ready(`nft in ${place.name}`, () => pendingTraces(trace.child.pid) !== undefined),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const drain = async (): Promise<void> => {
    let lost = 0;
    const packetsWritten = (): boolean => {
      const captures = parseStatistics(capture.errors);
      lost = captures?.lost ?? lost;
      capture.errors = '';
      // tcpdump prints its statistics on this signal.
      capture.child.kill('SIGUSR1');
      return captures?.unwritten === 0;
    };
    await Promise.all([
      capture.drain(packetsWritten),
      trace?.drain(() => (pendingTraces(trace.child.pid) ?? 0) === 0),
    ]);
    if (lost > 0) throw new Error(`tcpdump in ${place.name} lost ${lost} packets; walk again`);
  };
  return { drain, stop };
}

const ifindexOf = ({ only, interfaces }: Place): number | undefined =>
  [...interfaces].find(([, { name }]) => name === only)?.[0];

function sightingsOf(place: Place, file: Buffer): Sighting[] {
  return parseCapture(file).flatMap(({ ifindex, bytes, ...record }) => {
    const packet = parsePacket(bytes);
    const { name } = place.interfaces.get(ifindex) ?? { name: `interface ${ifindex}` };
    return packet ? [{ place: place.name, interface: name, ...record, packet, bytes }] : [];
  });
}
