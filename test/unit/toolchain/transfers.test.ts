import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fetchFile, fetchRelease, Sites } from '../../../toolchain/download';
import { upstreamProjects, type Release } from '../../../toolchain/manifest';
import { inOrderOfWork } from '../../../toolchain/obtain-toolchain';

const CONTENT = 'content';
const DIGEST = createHash('sha256').update(CONTENT).digest('hex');

const release = (name: string): Release => ({
  url: () => `https://official.example/${name}`,
  digest: { pinned: { amd64: DIGEST, arm64: DIGEST } },
  megabytes: 1,
  holds: name,
});

describe('transfers of releases', () => {
  let active = 0;
  let most = 0;
  let scratch: string;
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    if (request.method === 'HEAD') return void response.end();
    asked.push(request.url!);
    most = Math.max(most, ++active);
    setTimeout(() => {
      active--;
      if (request.url!.includes('missing')) response.statusCode = 404;
      response.end(CONTENT);
    }, 50);
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.HARDWAY_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'transfers-test-'));
  });

  beforeEach(() => {
    most = 0;
    asked.length = 0;
  });

  afterAll(() => {
    delete process.env.HARDWAY_MIRROR;
    fs.rmSync(scratch, { recursive: true, force: true });
    server.close();
  });

  /** Fetches files of these names at once. Returns the result of each. */
  const fetchAll = (sites: Sites, names: string[]): Promise<PromiseSettledResult<unknown>[]> =>
    Promise.allSettled(
      names.map((name) => fetchRelease(sites, release(name), 'amd64', scratch, () => undefined)),
    );

  test('run three at a time, in the order of the calls', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const results = await fetchAll(new Sites(), names);
    expect(results.map(({ status }) => status)).toEqual(names.map(() => 'fulfilled'));
    expect(most).toBe(3);
    // Three curl processes that start together may connect in any order, so two may come too early.
    const early = names.filter(
      (name, call) => asked.indexOf(`/official.example/${name}`) < call - 2,
    );
    expect(asked).toHaveLength(names.length);
    expect(early).toEqual([]);
  });

  test('continue after one of them failed', async () => {
    const results = await fetchAll(new Sites(), ['missing', 'b', 'c', 'd', 'e']);
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });
});

describe('a transfer', () => {
  const HALF = Buffer.alloc(96 * 1024);
  let scratch: string;
  const server = http.createServer((request, response) => {
    if (request.method === 'HEAD') return void response.end();
    if (request.url!.includes('redirect'))
      return void response.writeHead(302, { Location: '/chunked', 'Content-Length': 2 }).end('->');
    if (request.url!.includes('announced')) response.setHeader('Content-Length', 2 * HALF.length);
    response.write(HALF);
    // Longer than the pause between two reports.
    setTimeout(() => response.end(HALF), 1200);
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'transfer-test-'));
    process.env.HARDWAY_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    delete process.env.HARDWAY_MIRROR;
    fs.rmSync(scratch, { recursive: true, force: true });
    server.close();
  });

  /** Transfers a file. Returns the parts that were reported. */
  async function partsOf(name: string): Promise<(number | undefined)[]> {
    const parts: (number | undefined)[] = [];
    const url = `https://official.example/${name}`;
    await fetchFile(new Sites(), url, path.join(scratch, name), (_, part) => parts.push(part));
    return parts;
  }

  test('reports the part that has arrived, if the server announces the length', async () => {
    const parts = await partsOf('announced');
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.at(-1)).toBeCloseTo(0.5, 1);
  });

  test.each([
    ['reports no part if the server announces no length', 'chunked'],
    ['does not take the length of a redirect for that of the file', 'redirect'],
  ])('%s', async (_, name) => {
    const parts = await partsOf(name);
    expect(parts.length).toBeGreaterThan(0);
    expect(new Set(parts)).toEqual(new Set([undefined]));
  });
});

describe('the order of work', () => {
  const names = (building: typeof upstreamProjects): string[] =>
    inOrderOfWork(upstreamProjects, building).map(({ name }) => name);

  test('begins with the downloads that other work waits for', () => {
    expect(names([]).slice(0, 3)).toEqual(['coredns', 'pulumi', 'kubernetes']);
    expect(names([])).toHaveLength(upstreamProjects.length);
  });

  test('is the order of the manifest if all projects are built', () => {
    expect(names(upstreamProjects)).toEqual(upstreamProjects.map(({ name }) => name));
  });
});
