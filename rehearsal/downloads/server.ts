import * as fs from 'node:fs';
import type * as http from 'node:http';
import * as https from 'node:https';
import { registryServer } from '../../provider/local/image-mirror/registry';
import { issueAuthority, issueCertificate } from '../../provider/tls/x509';
import type { PublishedFile } from './releases';

/** Host names of the rehearsal's Internet, with their addresses. */
export const HOSTS = {
  'mirror.rehearsal': '203.0.113.10',
  'registry.k8s.io': '203.0.113.11',
  'registry-1.docker.io': '203.0.113.12',
} as const;

export const MIRROR = 'https://mirror.rehearsal';

/** Registry by the host that serves it. */
const REGISTRIES: Record<string, string> = {
  'registry.k8s.io': 'registry.k8s.io',
  'registry-1.docker.io': 'docker.io',
};

/** Images that exist upstream, as REGISTRY/REPOSITORY:TAG; README.md has the source of each. */
export const UPSTREAM_IMAGES = [
  'registry.k8s.io/coredns/coredns:v1.14.6',
  'registry.k8s.io/pause:3.10',
  'docker.io/library/nginx:latest',
  'docker.io/library/busybox:latest',
];

/** Ways in which downloads go wrong on purpose. */
export interface DownloadFaults {
  /** Paths that begin and never end. */
  stalled: Set<string>;
  /** Paths with replaced content. */
  replaced: Map<string, Buffer>;
  /** Images, as in UPSTREAM_IMAGES, that do not exist. */
  missingImages: Set<string>;
}

export interface DownloadServer {
  /** Certificate of the authority that signs the server's, PEM. */
  authority: string;
  faults: DownloadFaults;
  /** Paths that were asked for. */
  requests: string[];
  close(): void;
}

/** Serves one file of the mirror. */
function sendRelease(
  response: http.ServerResponse,
  name: string,
  { published, faults }: { published: Map<string, PublishedFile>; faults: DownloadFaults },
): void {
  const found = published.get(name);
  if (!found) return void response.writeHead(404).end('not found\n');
  const content = faults.replaced.get(name) ?? fs.readFileSync(found.file);
  response.writeHead(200, { 'Content-Length': content.length });
  if (faults.stalled.has(name)) response.write(content.subarray(0, 1000));
  else response.end(content);
}

/** Whether a request names a manifest by a tag that upstream does not have. */
function isUnknownTag(registry: string, url: string, faults: DownloadFaults): boolean {
  const [, name, reference] = /^\/v2\/(.+)\/manifests\/([^/?]+)/.exec(url) ?? [];
  if (reference === undefined || reference.startsWith('sha256:')) return false;
  const image = `${registry}/${name}:${reference}`;
  return !UPSTREAM_IMAGES.includes(image) || faults.missingImages.has(image);
}

/** Starts the HTTPS servers of the release mirror and the two registries. Their addresses exist already. */
export async function startDownloads(
  published: Map<string, PublishedFile>,
  images: string,
): Promise<DownloadServer> {
  const authority = await issueAuthority('rehearsal', 2);
  const { certificate, privateKey } = await issueCertificate(
    authority.certificate,
    authority.privateKey,
    {
      commonName: 'rehearsal',
      dnsNames: Object.keys(HOSTS),
      usages: ['server'],
      validityDays: 1,
    },
  );
  const faults: DownloadFaults = {
    stalled: new Set(),
    replaced: new Map(),
    missingImages: new Set(),
  };
  const requests: string[] = [];
  const registry = registryServer(images);
  const handle = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const url = request.url ?? '/';
    requests.push(`${request.method} ${host}${url}`);
    const name = REGISTRIES[host];
    if (name === undefined) return sendRelease(response, url.slice(1), { published, faults });
    if (isUnknownTag(name, url, faults)) {
      const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }];
      return void response
        .writeHead(404, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ errors }));
    }
    const { pathname } = new URL(url, 'https://registry');
    request.url = `${pathname}?ns=${name}`;
    registry.emit('request', request, response);
  };
  const servers = Object.values(HOSTS).map((address) => {
    const server = https.createServer({ cert: certificate, key: privateKey }, handle);
    server.listen(443, address);
    return server;
  });
  const close = (): void =>
    servers.forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
  return { authority: authority.certificate, faults, requests, close };
}
