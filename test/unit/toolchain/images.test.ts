import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeLayer, type Tree } from '../../../toolchain/images/layer';
import { MEDIA_TYPES, writeLayout } from '../../../toolchain/images/layout';
import { registryServer } from '../../../provider/local/image-mirror/registry';

let directory: string;
let server: http.Server;
let base: string;

const tree = (): Tree =>
  new Map([
    ['usr/bin/web', { file: path.join(directory, 'program'), mode: 0o755 }],
    ['bin/sh', { link: '/bin/busybox' }],
    ['tmp', { directory: true, mode: 0o1777 }],
  ]);

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'toolchain-images-'));
  fs.writeFileSync(path.join(directory, 'program'), 'a program');
  await writeLayout(
    path.join(directory, 'layout'),
    [
      { repositories: ['docker.io/library/nginx'], tree: tree(), config: { Cmd: ['nginx'] } },
      {
        repositories: ['registry.k8s.io/coredns/coredns', 'docker.io/coredns/coredns'],
        tree: tree(),
        config: { Entrypoint: ['/coredns'] },
      },
    ],
    'amd64',
  );
  server = registryServer(path.join(directory, 'layout'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(directory, { recursive: true });
});

const get = (url: string, init?: RequestInit): Promise<Response> => fetch(`${base}${url}`, init);
const sha256 = (bytes: ArrayBuffer): string =>
  `sha256:${createHash('sha256').update(Buffer.from(bytes)).digest('hex')}`;

interface Manifest {
  mediaType: string;
  config: { digest: string };
  layers: { digest: string; size: number; mediaType: string }[];
}

test('writeLayer writes the same bytes for the same files in any order and at any time', async () => {
  const one = await writeLayer(tree(), path.join(directory, 'one.tar'));
  fs.utimesSync(path.join(directory, 'program'), 1, 1);
  const other = await writeLayer(new Map([...tree()].reverse()), path.join(directory, 'other.tar'));
  expect(other).toEqual(one);
});

test('/v2/ identifies the registry', async () => {
  expect((await get('/v2/')).status).toBe(200);
});

test.each(['latest', '1.27', 'stable-alpine'])(
  'tag %s of an image resolves to what the lab has',
  async (tag) => {
    const head = await get(`/v2/library/nginx/manifests/${tag}?ns=docker.io`, { method: 'HEAD' });
    const whole = await get(`/v2/library/nginx/manifests/${tag}?ns=docker.io`);
    const body = await whole.arrayBuffer();
    for (const { headers } of [head, whole]) {
      expect(headers.get('content-type')).toBe(MEDIA_TYPES.manifest);
      expect(headers.get('content-length')).toBe(String(body.byteLength));
      expect(headers.get('docker-content-digest')).toBe(sha256(body));
    }
  },
);

test('manifest, config and layers match their digests', async () => {
  const head = await get('/v2/library/nginx/manifests/latest?ns=docker.io', { method: 'HEAD' });
  const digest = head.headers.get('docker-content-digest')!;
  const manifest = (await (
    await get(`/v2/library/nginx/manifests/${digest}?ns=docker.io`)
  ).json()) as Manifest;
  for (const blob of [manifest.config.digest, manifest.layers[0].digest]) {
    const response = await get(`/v2/library/nginx/blobs/${blob}?ns=docker.io`);
    expect(response.headers.get('docker-content-digest')).toBe(blob);
    expect(sha256(await response.arrayBuffer())).toBe(blob);
  }
});

test('every repository of an image gives the same image', async () => {
  const digests = await Promise.all(
    ['registry.k8s.io', 'docker.io'].map(async (registry) =>
      (await get(`/v2/coredns/coredns/manifests/v1?ns=${registry}`)).headers.get(
        'docker-content-digest',
      ),
    ),
  );
  expect(digests[0]).toBe(digests[1]);
  expect(digests[0]).not.toBeNull();
});

test('a request without a registry finds the image in any registry', async () => {
  expect((await get('/v2/library/nginx/manifests/latest')).status).toBe(200);
});

test.each([
  ['another image', '/v2/library/redis/manifests/7?ns=docker.io', 'redis:7'],
  [
    'an image of that name from another registry',
    '/v2/library/nginx/manifests/latest?ns=quay.io',
    'quay.io/library/nginx:latest',
  ],
  [
    'another build of an image',
    `/v2/library/nginx/manifests/sha256:${'0'.repeat(64)}?ns=docker.io`,
    `nginx@sha256:${'0'.repeat(64)}`,
  ],
])(
  '%s is refused in a way that containerd passes on, saying which images there are',
  async (_, url, asked) => {
    const response = await get(url);
    expect(response.status).toBe(403);
    const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
    expect(errors[0].code).toBe('DENIED');
    expect(errors[0].message).toContain(`this lab has no image ${asked},`);
    expect(errors[0].message).toContain('coredns/coredns, nginx, registry.k8s.io/coredns/coredns');
  },
);

test('a resumed transfer gets the rest of a blob', async () => {
  const manifest = (await (
    await get('/v2/library/nginx/manifests/latest?ns=docker.io')
  ).json()) as Manifest;
  const { digest, size } = manifest.layers[0];
  const rest = await get(`/v2/library/nginx/blobs/${digest}`, { headers: { Range: 'bytes=100-' } });
  expect(rest.status).toBe(206);
  expect(rest.headers.get('content-range')).toBe(`bytes 100-${size - 1}/${size}`);
  expect((await rest.arrayBuffer()).byteLength).toBe(size - 100);
});

test.each([
  ["a blob that there isn't", `/v2/library/nginx/blobs/sha256:${'0'.repeat(64)}`, 404],
  ['a digest that is a path', '/v2/library/nginx/blobs/sha256:..%2F..%2Findex.json', 404],
  ['a path outside the protocol', '/etc/passwd', 404],
  ['a path that is no path', '/v2/%', 400],
])('%s is not found', async (_, url, status) => {
  expect((await get(url)).status).toBe(status);
});

test('a push is rejected', async () => {
  expect(
    (await get('/v2/library/nginx/manifests/latest', { method: 'PUT', body: '{}' })).status,
  ).toBe(405);
});
