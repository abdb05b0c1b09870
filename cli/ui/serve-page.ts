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
}

/** Resolves when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

/** Serves a page, at an address with a secret, until Ctrl-C. */
export async function servePage(served: Served): Promise<void> {
  const { page, title, about, listen, port = 0, onBrowser } = served;
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
    await interruptible(
      ({ signal }) => aborted(signal),
      () => print(`${title} ends.`),
    );
  } finally {
    await server.close();
  }
}
