import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { fetchFile, Sites } from '../../../toolchain/download';
import { upstreamProject, upstreamProjects } from '../../../toolchain/manifest';
import { inOrderOfWork } from '../../../toolchain/obtain-toolchain';

describe('transfers', () => {
  let active = 0;
  let most = 0;
  let scratch: string;
  const server = http.createServer((request, response) => {
    if (request.method === 'HEAD') return void response.end();
    most = Math.max(most, ++active);
    setTimeout(() => {
      active--;
      response.end('content');
    }, 100);
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.HARDWAY_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'transfers-test-'));
  });

  afterAll(() => {
    delete process.env.HARDWAY_MIRROR;
    fs.rmSync(scratch, { recursive: true, force: true });
    server.close();
  });

  test('run three at a time, so that apt gets a share of the link', async () => {
    const sites = new Sites();
    const files = Array.from({ length: 8 }, (_, index) => path.join(scratch, `${index}`));
    await Promise.all(
      files.map((file) => fetchFile(sites, 'https://official.example/file', file, () => undefined)),
    );
    expect(most).toBe(3);
    expect(files.map((file) => fs.readFileSync(file, 'utf8'))).toEqual(files.map(() => 'content'));
  });
});

describe('the order of work', () => {
  const names = (building: typeof upstreamProjects): string[] =>
    inOrderOfWork(upstreamProjects, building).map(({ name }) => name);

  test('begins with a download of CoreDNS, because the images wait for it', () => {
    expect(names([]).slice(0, 3)).toEqual(['coredns', 'kubernetes', 'pulumi']);
    expect(names([])).toHaveLength(upstreamProjects.length);
  });

  test('is the order of the manifest if CoreDNS is built', () => {
    expect(names([upstreamProject('coredns')])).toEqual(upstreamProjects.map(({ name }) => name));
  });
});
