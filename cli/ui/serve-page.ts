import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Page } from '../../web';
import { unable } from '../errors';
import { print } from './prompt';
import { interruptible } from './signals';

export const LOOPBACK = '127.0.0.1';

/** Page to serve, and what to print about it. */
export interface Served {
  page: Page;
  /** Name of the page at the start of a sentence. */
  title: string;
  /** Returns the lines below the page's address. Called when the page can be reached. */
  about: (address: string, port: number) => string[];
  /** Address to listen on. Default: loopback only. */
  listen?: string;
  /** Default: any free port. */
  port?: number;
  onBrowser: (socket: WebSocket) => void;
  /**
   * Returns why the page ends before Ctrl-C; '' or undefined while it has something to show. Called
   * every second. Default: only Ctrl-C ends the page.
   */
  endReason?: () => string | undefined;
}

/** Pause between two calls of `endReason`, in milliseconds. */
const REST = 1000;

/** Waits until the signal aborts, or until there is a reason to end. Returns that reason. */
async function waitForEnd(
  signal: AbortSignal,
  endReason: Served['endReason'],
): Promise<string | undefined> {
  if (!endReason) {
    if (!signal.aborted) await once(signal, 'abort');
    return undefined;
  }
  while (!signal.aborted) {
    const reason = endReason();
    if (reason) return reason;
    await rest(REST, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Serves a page, at an address with a secret, until Ctrl-C or until there is a reason to end. */
export async function servePage(served: Served): Promise<void> {
  const { page, title, about, listen, port = 0, onBrowser, endReason } = served;
  // The server loads for these commands only.
  const { Gate, newToken, PageServer } = await import('../../web');
  const token = newToken();
  const server = new PageServer(new Gate(token, listen), page, onBrowser);
  const address = listen ?? LOOPBACK;
  try {
    const taken = await server.listen(address, port).catch((error: Error) => {
      throw unable(`${address}:${port} can't be used: ${error.message}`, 'another --port');
    });
    const lines = about(address, taken);
    print([`${title} is at http://${address}:${taken}/${token}/`, ...lines].join('\n'));
    const reason = await interruptible(
      ({ signal }) => waitForEnd(signal, endReason),
      () => print(`${title} ends.`),
    );
    if (reason) print(`${title} ends: ${reason}.`);
  } finally {
    await server.close();
  }
}
