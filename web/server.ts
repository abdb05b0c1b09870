import * as http from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { type Asset, buildAssets, type Page, renderPage } from './assets';
import type { Gate } from './gate';

/** Longest message of a browser, in bytes. */
const LONGEST_MESSAGE = 64 * 1024;

const HEADERS = {
  'cache-control': 'no-store',
  // The page's address holds the token.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

function answer(
  response: http.ServerResponse,
  status: number,
  { type, body }: Asset = { type: 'text/plain', body: `${http.STATUS_CODES[status]}\n` },
): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`);
}

/** Serves one page and its socket, on one address. */
export class PageServer {
  private readonly server: http.Server;
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: LONGEST_MESSAGE });
  private assets?: Map<string, Asset>;

  constructor(
    private readonly gate: Gate,
    private readonly page: Page,
    onBrowser: (socket: WebSocket) => void,
  ) {
    this.server = http.createServer((request, response) => this.serve(request, response));
    this.server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (gate.pathOf(request) !== '/socket') return refuse(socket, 404);
      if (!gate.isOwnPage(request)) return refuse(socket, 403);
      this.sockets.handleUpgrade(request, socket, head, onBrowser);
    });
  }

  private serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const path = this.gate.pathOf(request);
    // A wrong token and a wrong path look the same.
    if (path === undefined) return answer(response, 404);
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405);
    if (path === '') {
      response.writeHead(308, { ...HEADERS, location: `${request.url!.split(/[?#]/)[0]}/` }).end();
      return;
    }
    if (path === '/') {
      const { html, policy } = renderPage(this.page);
      response.setHeader('content-security-policy', policy);
      return answer(response, 200, { type: 'text/html; charset=utf-8', body: html });
    }
    this.assets ??= buildAssets(this.page);
    const asset = this.assets.get(path);
    if (asset) return answer(response, 200, asset);
    return answer(response, 404);
  }

  /** Starts to listen; returns the port. Rejects if the address is taken. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, () =>
        resolve((this.server.address() as { port: number }).port),
      );
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
