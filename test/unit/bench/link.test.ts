import { Link } from '../../../bench/downloads/link';

const BYTES = 600_000;

async function* content(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(BYTES);
}

/** Sends 600 kB on one connection of the link. Returns the bytes that arrive. */
async function connection(link: Link): Promise<number> {
  let arrived = 0;
  for await (const chunk of link.paced(content(), () => undefined)) arrived += chunk.length;
  return arrived;
}

test('two connections of the bench’s link take as long as all their bytes at its rate', async () => {
  const link = new Link(100);
  const started = performance.now();
  expect(await Promise.all([connection(link), connection(link)])).toEqual([BYTES, BYTES]);
  // A link of 100 Mbit/s carries 94.1 Mbit/s of data. A burst of 5 ms is allowed.
  const least = ((2 * BYTES * 8) / 94.2e6) * 1000 - 10;
  expect(performance.now() - started).toBeGreaterThan(least);
});
