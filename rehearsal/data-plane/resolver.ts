import * as dgram from 'node:dgram';

const TYPE_A = 1;
const NO_SUCH_NAME = 3;
const HEADER = 12;

/** Reads the name of the first question; returns it with the offset behind the question. */
function question(packet: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  while (packet[at] !== 0) {
    labels.push(packet.subarray(at + 1, at + 1 + packet[at]).toString('ascii'));
    at += 1 + packet[at];
  }
  return { name: labels.join('.').toLowerCase(), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

/** Answers one query from `names`. Every other name does not exist. */
export function answerQuery(packet: Buffer, names: ReadonlyMap<string, string>): Buffer {
  const { name, type, end } = question(packet);
  const address = names.get(name);
  const header = Buffer.alloc(HEADER);
  packet.copy(header, 0, 0, 2);
  // A response, recursion desired and available.
  header.writeUInt16BE(0x8180, 2);
  if (address === undefined) header.writeUInt16BE(0x8180 | NO_SUCH_NAME, 2);
  header.writeUInt16BE(1, 4);
  const asked = packet.subarray(HEADER, end);
  if (address === undefined || type !== TYPE_A) return Buffer.concat([header, asked]);
  header.writeUInt16BE(1, 6);
  // A pointer to the name in the question, type A, class IN, 60 seconds, four bytes.
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
  return Buffer.concat([header, asked, record, Buffer.from(address.split('.').map(Number))]);
}

/** The VPC's resolver, over UDP. */
export function resolverSocket(names: () => ReadonlyMap<string, string>): dgram.Socket {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (packet, from) => {
    try {
      socket.send(answerQuery(packet, names()), from.port, from.address);
    } catch {
      // Not a query.
    }
  });
  return socket;
}
