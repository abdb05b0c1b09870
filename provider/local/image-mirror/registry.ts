import * as fs from 'node:fs';
import * as http from 'node:http';
import { findBlob, MEDIA_TYPES, readLayout, type Descriptor } from '../../../toolchain';
import { fieldsIf, ifPresent } from '../../../util/optional';

/** Error answer of the OCI distribution protocol. containerd shows its message in a pod's event. */
interface Refusal {
  status: number;
  code: string;
  message: string;
}

interface Answer {
  file: string;
  mediaType: string;
  digest: string;
}

const isRefusal = (answer: Answer | Refusal): answer is Refusal => 'status' in answer;

/** Shortens a repository's name as users write it: `docker.io/library/nginx` becomes `nginx`. */
const shortName = (repository: string): string =>
  repository.replace(/^docker\.io\/(library\/)?/, '');

/** Read-only registry for one OCI layout. */
class Registry {
  private readonly images: Map<string, Descriptor>;

  constructor(private readonly directory: string) {
    this.images = readLayout(directory);
  }

  /**
   * Finds a manifest by digest or by any tag, because a lab has one version of each image.
   * containerd uses the mirror for every registry and passes the original one in `ns`; without
   * `ns`, any registry matches.
   */
  manifest(registry: string | null, name: string, reference: string): Answer | Refusal {
    const full = this.fullName(registry, name);
    const descriptor = ifPresent(full, (image) => this.images.get(image));
    if (!descriptor || (reference.includes(':') && reference !== descriptor.digest))
      return this.unknown(full ?? name, reference);
    return {
      file: findBlob(this.directory, descriptor.digest)!,
      mediaType: MEDIA_TYPES.manifest,
      digest: descriptor.digest,
    };
  }

  /** Returns the name of an image with its registry; `undefined` if no image has the name. */
  private fullName(registry: string | null, name: string): string | undefined {
    if (registry !== null) return `${registry}/${name}`;
    return [...this.images.keys()].find((one) => one.slice(one.indexOf('/') + 1) === name);
  }

  blob(digest: string): Answer | Refusal {
    const file = findBlob(this.directory, digest);
    if (file) return { file, mediaType: 'application/octet-stream', digest };
    return { status: 404, code: 'BLOB_UNKNOWN', message: `no blob ${digest}` };
  }

  /**
   * Refuses an unknown image. Status 403, because containerd requests the text of an error only for
   * this status.
   */
  private unknown(repository: string, reference: string): Refusal {
    let requested = `${shortName(repository)}:${reference}`;
    if (reference.includes(':')) requested = `${shortName(repository)}@${reference}`;
    const known = [...this.images.keys()].map(shortName).sort().join(', ');
    return {
      status: 403,
      code: 'DENIED',
      message: `this lab has no image ${requested}, and its nodes can't reach a registry; available, with any tag: ${known}`,
    };
  }
}

function sendRefusal(response: http.ServerResponse, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body);
}

/** Sends a file, or its rest from the requested start of a resumed transfer. */
function sendFile(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { file, mediaType, digest }: Answer,
): void {
  const { size } = fs.statSync(file);
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= size && start > 0) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'Content-Type': mediaType,
    'Content-Length': size - start,
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ...fieldsIf(start > 0, { 'Content-Range': `bytes ${start}-${size - 1}/${size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else
    fs.createReadStream(file, { start })
      .on('error', () => response.destroy())
      .pipe(response);
}

function handle(
  registry: Registry,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendRefusal(response, {
      status: 405,
      code: 'UNSUPPORTED',
      message: 'this registry is read-only',
    });
    return;
  }
  const url = new URL(request.url ?? '/', 'http://registry');
  if (url.pathname === '/v2/' || url.pathname === '/v2') {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 2 }).end('{}');
    return;
  }
  const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(decodeURIComponent(url.pathname));
  if (!match) {
    sendRefusal(response, {
      status: 404,
      code: 'UNSUPPORTED',
      message: `nothing at ${url.pathname}`,
    });
    return;
  }
  const [, name, kind, reference] = match;
  const answer =
    kind === 'blobs'
      ? registry.blob(reference)
      : registry.manifest(url.searchParams.get('ns'), name, reference);
  if (isRefusal(answer)) sendRefusal(response, answer);
  else sendFile(request, response, answer);
}

/**
 * Creates a server of the OCI distribution protocol for the layout in `directory`: pull only, no
 * credentials, plain HTTP.
 */
export function registryServer(directory: string): http.Server {
  const registry = new Registry(directory);
  return http.createServer((request, response) => {
    try {
      handle(registry, request, response);
    } catch {
      // The path has invalid percent-encoding, or the blob was removed in the meantime.
      if (response.headersSent) response.destroy();
      else
        sendRefusal(response, {
          status: 400,
          code: 'UNSUPPORTED',
          message: 'this request is invalid',
        });
    }
  });
}
