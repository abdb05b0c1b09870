import { answerQuery } from '../../../rehearsal/data-plane/resolver';

/** Packs a query for a name. Type 1 is A, 28 is AAAA. */
function query(name: string, type: number): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const tail = Buffer.from([0, 0, type, 0, 1]);
  return Buffer.concat([Buffer.from([7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, tail]);
}

const names = new Map([['mirror.rehearsal', '203.0.113.10']]);
const code = (answer: Buffer): number => answer[3] & 0xf;

describe('resolver', () => {
  test('answers a known name with its address', () => {
    const answer = answerQuery(query('Mirror.rehearsal', 1), names);
    expect([code(answer), answer.readUInt16BE(6)]).toEqual([0, 1]);
    expect([...answer.subarray(-4)]).toEqual([203, 0, 113, 10]);
    expect(answer.readUInt16BE(0)).toBe(0x0707);
  });

  test('has no IPv6 address for a known name', () => {
    const answer = answerQuery(query('mirror.rehearsal', 28), names);
    expect([code(answer), answer.readUInt16BE(6)]).toEqual([0, 0]);
  });

  test('says that every other name does not exist', () => {
    expect(code(answerQuery(query('example.com', 1), names))).toBe(3);
  });
});
