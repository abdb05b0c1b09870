import { poll } from '../../util/poll';
import { parseCapture } from '../capture';
import { parsePacket, type Sighting } from '../packet';
import { parseTraces, type Trace } from '../trace';
import { captureFilter, OWN_TABLE, traceCommands } from './filters';
import type { Program } from './machine';
import { inPlace, type Place } from './namespaces';
import type { Probe } from './probe';

/**
 * Bytes of a packet that a tap captures: all headers, and a DNS query. tcpdump has a buffer of 2 MiB
 * with room for one whole snapshot per packet. With its default of 256 KiB, the kernel drops the
 * ninth packet that arrives before tcpdump is scheduled.
 */
const SNAPSHOT_BYTES = 512;

/** Program in a place that collects its output. */
class Collector {
  readonly program: Program;
  errors = '';

  constructor(
    private readonly place: Place,
    words: string[],
  ) {
    this.program = place.machine.start(inPlace(place, words));
  }

  /** Adds what the program printed since the last call to `errors`. */
  readErrors(): string {
    this.errors += this.program.takeErrors();
    return this.errors;
  }

  /** Waits until `isReady`. Throws an Error with the program's message if it ends before. */
  async ready(name: string, isReady: () => boolean | Promise<boolean>): Promise<void> {
    const outcome = await poll(
      async () => {
        if (await isReady()) return 'ready';
        return this.program.hasEnded ? 'ended' : undefined;
      },
      { limit: this.place.machine.patience.ready, interval: 10 },
    );
    if (outcome === 'ready') return;
    const reason = this.readErrors().trim().split('\n').pop();
    throw new Error(`${name}: ${reason || 'it is not ready in time'}`);
  }

  /** Waits until `isDrained` holds twice in a row, for a short time at most. */
  async drain(isDrained: () => boolean | Promise<boolean>): Promise<void> {
    const { drain, interval } = this.place.machine.patience;
    let times = 0;
    await poll(
      async () => {
        times = (await isDrained()) ? times + 1 : 0;
        return times > 1;
      },
      { limit: drain, interval },
    );
  }

  async stop(): Promise<Buffer> {
    await this.program.stop();
    return this.program.output();
  }
}

/** Netlink protocol of nftables, and the bit of its group for traces (NFNLGRP_NFTRACE, 9). */
const NETFILTER = '12';
const TRACE_GROUP = 1 << 8;

/**
 * Returns how many bytes of traces the kernel holds for a process; `undefined` if the process does
 * not listen to traces. Reads the list of netlink sockets in the process's network namespace.
 */
async function pendingTraces(place: Place, pid: number | undefined): Promise<number | undefined> {
  if (pid === undefined) return undefined;
  const rows = (await place.machine.read(`/proc/${pid}/net/netlink`)).split('\n');
  for (const row of rows) {
    const [, protocol, port, groups, pending] = row.trim().split(/\s+/);
    const isOwn = protocol === NETFILTER && Number(port) === pid;
    if (isOwn && (Number.parseInt(groups, 16) & TRACE_GROUP) !== 0) return Number(pending);
  }
  return undefined;
}

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

/**
 * Starts the taps in a place. nft keeps its table for as long as its socket is open (flag `owner`),
 * so the kernel removes the table with the process.
 */
export async function openTap(place: Place, probe: Probe): Promise<Tap> {
  const filter = captureFilter(probe, ifindexOf(place));
  const capture = new Collector(place, [
    ...[...place.machine.tcpdump, '-i', 'any', '-p', '-n', '-U', '-Z', 'root'],
    ...['--immediate-mode', '--time-stamp-precision=nano'],
    ...['-s', String(SNAPSHOT_BYTES), '-w', '-', filter],
  ]);
  const trace =
    place.namespace === undefined ? undefined : new Collector(place, ['nft', '-a', '-i']);
  trace?.program.write(traceCommands(probe));
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
      capture.ready(`tcpdump in ${place.name}`, () =>
        capture.readErrors().includes('listening on'),
      ),
      trace?.ready(
        `nft in ${place.name}`,
        async () => (await pendingTraces(place, trace.program.pid)) !== undefined,
      ),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const drain = async (): Promise<void> => {
    let lost = 0;
    const packetsWritten = (): boolean => {
      const captures = parseStatistics(capture.readErrors());
      lost = captures?.lost ?? lost;
      capture.errors = '';
      // tcpdump prints its statistics on this signal.
      capture.program.signal('USR1');
      return captures?.unwritten === 0;
    };
    await Promise.all([
      capture.drain(packetsWritten),
      trace?.drain(async () => ((await pendingTraces(place, trace.program.pid)) ?? 0) === 0),
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
