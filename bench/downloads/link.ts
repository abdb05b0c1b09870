import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that are sent at a time. Connections take turns after each. */
const CHUNK_BYTES = 16_384;

/** Milliseconds of unused rate that the link keeps, because timers are late. */
const BURST = 5;

/**
 * Share of an Ethernet link's rate that is left for TCP's data: 1448 of the 1538 bytes of a full
 * frame. The rest is preamble, gap, Ethernet, IP and TCP headers with time stamps.
 */
const PAYLOAD = 1448 / 1538;

/** Link with a limited rate that all connections share: a token bucket, first come, first served. */
export class Link {
  /** Bytes of TCP data per second. */
  readonly rate: number;
  private busyUntil = 0;

  constructor(megabits: number) {
    this.rate = (megabits * 1e6 * PAYLOAD) / 8;
  }

  /** Waits until the link has sent these bytes after all earlier ones. */
  private async send(bytes: number): Promise<void> {
    const now = performance.now();
    this.busyUntil = Math.max(this.busyUntil, now - BURST) + (bytes / this.rate) * 1000;
    const wait = this.busyUntil - now;
    if (wait > 0) await sleep(wait);
  }

  /** Yields the data of `source` at the pace of the link. Calls `onSent` after each chunk. */
  async *paced(
    source: AsyncIterable<Buffer>,
    onSent: (bytes: number) => void,
  ): AsyncGenerator<Buffer> {
    for await (const data of source) {
      for (let start = 0; start < data.length; start += CHUNK_BYTES) {
        const chunk = data.subarray(start, start + CHUNK_BYTES);
        await this.send(chunk.length);
        onSent(chunk.length);
        yield chunk;
      }
    }
  }
}
