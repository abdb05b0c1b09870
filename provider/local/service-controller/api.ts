import * as https from 'node:https';
import { parse } from 'yaml';
import { fieldsIf } from '../../../util/optional';
import type { PlannedEvent } from './plan';
import type { BalancedService, ServiceObject } from './services';

/** Address of the API and the controller's credentials, from a kubeconfig. */
export interface ApiAccess {
  /** `https://HOST:PORT`. */
  server: string;
  ca: string;
  cert: string;
  key: string;
}

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

/** Reads a kubeconfig with one cluster and one user. */
export function apiAccess(kubeconfig: string): ApiAccess {
  const { clusters, users } = parse(kubeconfig) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  return {
    server: clusters[0].cluster.server,
    ca: decode(clusters[0].cluster['certificate-authority-data']),
    cert: decode(users[0].user['client-certificate-data']),
    key: decode(users[0].user['client-key-data']),
  };
}

/** Change of a service, as a watch reports it. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: ServiceObject;
}

/** Splits a stream into lines. Returns the function that takes its next part. */
export function lineReader(onLine: (line: string) => void): (part: string) => void {
  let rest = '';
  return (part) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line) onLine(line);
  };
}

const REQUEST_MS = 5000;
/** Seconds after which the API ends a watch. It sends a bookmark about once a minute before. */
const WATCH_SECONDS = 600;
const SILENCE_MS = 150_000;

interface Call {
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: object;
}

/** Client of the Kubernetes API: the four requests that the controller needs. */
export class Api {
  private readonly agent: https.Agent;

  constructor(private readonly access: ApiAccess) {
    const { ca, cert, key } = access;
    this.agent = new https.Agent({ ca, cert, key, keepAlive: true });
  }

  /** Lists all services, and the version that a watch continues from. */
  async list(): Promise<{ version: string; services: ServiceObject[] }> {
    const text = await this.send({ method: 'GET', path: '/api/v1/services' });
    const { metadata, items } = JSON.parse(text) as {
      metadata: { resourceVersion: string };
      items: ServiceObject[];
    };
    return { version: metadata.resourceVersion, services: items };
  }

  /** Reports changes of services until the API or the connection ends the watch. */
  watch(version: string, report: (event: WatchEvent) => void): Promise<void> {
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}`;
    const path = `/api/v1/services?${query}&resourceVersion=${version}`;
    return new Promise((resolve, reject) => {
      const request = this.open({ method: 'GET', path }, SILENCE_MS, (response) => {
        const read = lineReader((line) => report(JSON.parse(line) as WatchEvent));
        response.setEncoding('utf8').on('data', read);
        response.on('end', resolve).on('error', reject);
      });
      request.on('error', reject).end();
    });
  }

  /** Sets the address in a service's status; `undefined` removes it. */
  async setAddress({ namespace, name }: BalancedService, address?: string): Promise<void> {
    const ingress = address === undefined ? null : [{ ip: address }];
    await this.send({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/services/${name}/status`,
      body: { status: { loadBalancer: { ingress } } },
    });
  }

  /** Records an event on a service, which `kubectl describe service` shows. */
  async record({ service, type, reason, message }: PlannedEvent): Promise<void> {
    const { namespace, name, uid } = service;
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    await this.send({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        metadata: { generateName: `${name}.`, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Service', namespace, name, uid },
        source: { component: 'service-controller' },
        type,
        reason,
        message,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  }

  private open(
    { method, path, body }: Call,
    timeout: number,
    answered: (response: import('node:http').IncomingMessage) => void,
  ): import('node:http').ClientRequest {
    let type = 'application/json';
    if (method === 'PATCH') type = 'application/merge-patch+json';
    const headers = { Accept: 'application/json', ...fieldsIf(body, { 'Content-Type': type }) };
    const options = { method, headers, agent: this.agent, timeout };
    const request = https.request(`${this.access.server}${path}`, options, answered);
    return request.on('timeout', () => request.destroy(new Error(`no answer in ${timeout} ms`)));
  }

  private send(call: Call): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = this.open(call, REQUEST_MS, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', reject).on('end', () => {
          if ((response.statusCode ?? 0) < 300) return resolve(text);
          const where = `${call.method} ${call.path}`;
          reject(new Error(`${where} answered ${response.statusCode}: ${text.slice(0, 300)}`));
        });
      });
      request.on('error', reject).end(call.body && JSON.stringify(call.body));
    });
  }
}
