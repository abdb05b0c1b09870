import type { Sighting } from './packet';

// Writes pcapng (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html): one interface
// description for each interface of each place, and one enhanced packet block for each packet.

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
/**
 * Link type IPV4: the packet starts with its IPv4 header. RAW (101) would fit too, but libpcap 1.10
 * refuses a second interface of that type, because its own number of RAW is another one.
 */
const IPV4 = 228;
const OPTION = { name: 2, description: 3, timeResolution: 9, flags: 2 } as const;
const NANOSECONDS = 9;

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function numbers(...values: [size: 2 | 4, value: number][]): Buffer {
  return Buffer.concat(
    values.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );
}

function block(type: number, body: Buffer): Buffer {
  const size = 12 + body.length;
  return Buffer.concat([numbers([4, type], [4, size]), body, numbers([4, size])]);
}

const option = (code: number, value: Buffer): Buffer =>
  Buffer.concat([numbers([2, code], [2, value.length]), padded(value)]);
const END_OF_OPTIONS = numbers([2, 0], [2, 0]);

const sectionHeader = (): Buffer =>
  block(
    SECTION_HEADER,
    Buffer.concat([numbers([4, BYTE_ORDER], [2, 1], [2, 0]), Buffer.alloc(8, 0xff)]),
  );

/** Describes an interface as `worker-0/eth0`, with the place as its description. */
const interfaceDescription = ({ place, interface: name }: Sighting): Buffer =>
  block(
    INTERFACE_DESCRIPTION,
    Buffer.concat([
      numbers([2, IPV4], [2, 0], [4, 0]),
      option(OPTION.name, Buffer.from(`${place}/${name}`)),
      option(OPTION.description, Buffer.from(`namespace of ${place}`)),
      option(OPTION.timeResolution, Buffer.from([NANOSECONDS])),
      END_OF_OPTIONS,
    ]),
  );

function packetBlock({ time, bytes, way }: Sighting, index: number): Buffer {
  const high = Number(time >> 32n);
  const low = Number(time & 0xffffffffn);
  return block(
    ENHANCED_PACKET,
    Buffer.concat([
      numbers([4, index], [4, high], [4, low], [4, bytes.length], [4, bytes.length]),
      padded(bytes),
      option(OPTION.flags, numbers([4, way === 'in' ? 1 : 2])),
      END_OF_OPTIONS,
    ]),
  );
}

/** Encodes packets in the order given, as a pcapng file. */
export function encodePcapng(sightings: Sighting[]): Buffer {
  const nameOf = ({ place, interface: name }: Sighting): string => `${place}/${name}`;
  const names = [...new Set(sightings.map(nameOf))];
  const first = (name: string): Sighting => sightings.find((one) => nameOf(one) === name)!;
  return Buffer.concat([
    sectionHeader(),
    ...names.map((name) => interfaceDescription(first(name))),
    ...sightings.map((sighting) => packetBlock(sighting, names.indexOf(nameOf(sighting)))),
  ]);
}
