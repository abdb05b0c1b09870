import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Link } from './link';

/** Kinds of downloads, in the order of the table. */
export const KINDS = [
  'Node.js and npm',
  'npm packages',
  'npm metadata',
  'releases',
  'Debian packages',
] as const;
export type Kind = (typeof KINDS)[number];

/** Traffic of one kind. Times are those of Date.now(). */
export interface Traffic {
  files: number;
  bytes: number;
  first: number;
  last: number;
}

/** Request of a client, and the kind of its answer. */
interface Exchange {
  request: http.IncomingMessage;
  response: http.ServerResponse;
  kind: Kind;
}

function kindOnRegistry(url: string): Kind {
  if (!url.includes('/-/')) return 'npm metadata';
  if (/^\/(node-linux-\w+|npm)\/-\//.test(url)) return 'Node.js and npm';
  return 'npm packages';
}

/** Servers of everything that a first start downloads. All answers pass one link. */
export class Servers {
  readonly traffic = new Map<Kind, Traffic>();
  private readonly servers: http.Server[] = [];

  /** `releases`: directory of the official files, laid out as HOST/PATH. */
  constructor(
    private readonly link: Link,
    private readonly releases: string,
  ) {}

  /** Starts the mirror of the releases, which is also a proxy for apt. Returns its address. */
  startMirror = (): Promise<string> =>
    this.start((request, response) => {
      // A proxy's client sends the whole address.
      if (request.url!.startsWith('http:'))
        return this.forward(request.url!, { request, response, kind: 'Debian packages' });
      const name = request.url!.slice(1);
      const file = path.join(this.releases, name);
      if (fs.existsSync(file) && fs.statSync(file).isFile()) return this.sendFile(file, response);
      // Hosts without Debian sources read the public archive through the mirror.
      if (name.startsWith('deb.debian.org/'))
        return this.forward(`http://${name}`, { request, response, kind: 'Debian packages' });
      response.writeHead(404).end();
    });

  /** Starts a server that passes requests on to the npm registry. Returns its address. */
  startRegistry = (registry: string): Promise<string> =>
    this.start((request, response) => {
      const url = `${registry.replace(/\/$/, '')}${request.url}`;
      return this.forward(url, { request, response, kind: kindOnRegistry(request.url!) });
    });

  close(): void {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  private async start(
    handle: (
      request: http.IncomingMessage,
      response: http.ServerResponse,
    ) => Promise<unknown> | void,
  ): Promise<string> {
    const server = http.createServer((request, response) => {
      // A client that ends its connection needs no answer.
      Promise.resolve(handle(request, response)).catch(() => response.destroy());
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  private sendFile(file: string, response: http.ServerResponse): Promise<void> {
    response.writeHead(200, { 'Content-Length': fs.statSync(file).size });
    return this.send(fs.createReadStream(file), response, 'releases');
  }

  private async forward(url: string, { request, response, kind }: Exchange): Promise<void> {
    const { host: _host, 'proxy-connection': _connection, ...headers } = request.headers;
    const client = url.startsWith('https:') ? https : http;
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      client.request(url, { method: request.method, headers }, resolve).on('error', reject).end();
    });
    response.writeHead(answer.statusCode!, answer.headers);
    await this.send(answer, response, kind);
  }

  private async send(
    source: AsyncIterable<Buffer>,
    response: http.ServerResponse,
    kind: Kind,
  ): Promise<void> {
    const traffic = this.traffic.get(kind) ?? { files: 0, bytes: 0, first: Date.now(), last: 0 };
    this.traffic.set(kind, traffic);
    traffic.files++;
    const count = (bytes: number): void => {
      traffic.bytes += bytes;
      traffic.last = Date.now();
    };
    await pipeline(Readable.from(this.link.paced(source, count)), response);
  }
}
