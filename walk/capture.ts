// Reads what tcpdump writes on `-i any`: a pcap file with link type LINUX_SLL2. Its header names
// the interface and the direction (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).

/** One record of a capture. */
export interface Captured {
  /** Nanoseconds since 1970. */
  time: bigint;
  ifindex: number;
  way: 'in' | 'out';
  /** Source MAC address; empty if the interface has none. */
  mac: string;
  /** Whether the frame is for another MAC address: a copy that a bridge sent to all its ports. */
  foreign: boolean;
  /** Whole IP packet. */
  bytes: Buffer;
}

const NANOSECONDS_MAGIC = 0xa1b23c4d;
const LINUX_SLL2 = 276;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const SLL2_HEADER = 20;
const IPV4 = 0x0800;
/** Packet type of SLL2: the namespace sends the packet. All other types mean that it arrives. */
const OUTGOING = 4;
/** Packet type of SLL2: the frame is for another host. */
const OTHER_HOST = 3;

const macOf = (bytes: Buffer): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

function readRecord(time: bigint, record: Buffer): Captured | undefined {
  if (record.length < SLL2_HEADER || record.readUInt16BE(0) !== IPV4) return undefined;
  return {
    time,
    ifindex: record.readInt32BE(4),
    way: record[10] === OUTGOING ? 'out' : 'in',
    mac: macOf(record.subarray(12, 12 + Math.min(record[11], 8))),
    foreign: record[10] === OTHER_HOST,
    bytes: record.subarray(SLL2_HEADER),
  };
}

/**
 * Parses a capture. Ignores a record that is cut off at the end, because tcpdump may be killed
 * while it writes. Throws an Error for another format.
 */
export function parseCapture(file: Buffer): Captured[] {
  if (file.length < FILE_HEADER) return [];
  const magic = file.readUInt32LE(0);
  const linkType = file.readUInt32LE(20);
  if (magic !== NANOSECONDS_MAGIC || linkType !== LINUX_SLL2)
    throw new Error(`tcpdump wrote magic ${magic.toString(16)}, link type ${linkType}`);
  const records: Captured[] = [];
  let at = FILE_HEADER;
  while (at + RECORD_HEADER <= file.length) {
    const size = file.readUInt32LE(at + 8);
    const start = at + RECORD_HEADER;
    if (start + size > file.length) break;
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4));
    const record = readRecord(time, file.subarray(start, start + size));
    if (record) records.push(record);
    at = start + size;
  }
  return records;
}
