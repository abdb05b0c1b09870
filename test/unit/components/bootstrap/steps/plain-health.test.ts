import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { root } from '../../../../../util/repo-root';
import { certificate, certificateAuthority } from '../../../../../provider/tls/kinds';
import { bare, commands, registered, sent, steps } from '../../../../support/bootstrap-graph';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-plain-health-'));
const servers: https.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  fs.rmSync(directory, { recursive: true });
});

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: close\r\n\r\n';

/** An API server that answers `status`, and the machine around it: the script, node.env, ca.pem. Returns what runs the script. */
async function machine(
  status: number,
  { trusted = true } = {},
): Promise<(request: string) => Promise<string>> {
  const { state: ca } = await certificateAuthority.create({
    commonName: 'kubernetes-ca',
    validityDays: 60,
  });
  const { state: other } = await certificateAuthority.create({
    commonName: 'kubernetes-ca',
    validityDays: 60,
  });
  const { state: own } = await certificate.create({
    caCertificate: ca.certificate,
    caPrivateKey: ca.privateKey,
    commonName: 'kube-apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    validityDays: 60,
  });
  const server = https.createServer(
    { cert: own.certificate, key: own.privateKey },
    (request, response) => {
      response.writeHead(request.url === '/healthz' ? status : 404).end();
    },
  );
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  const place = fs.mkdtempSync(path.join(directory, 'machine-'));
  const script = fs.readFileSync(
    path.join(root, 'components/bootstrap/steps/plain-health/answer.sh'),
    'utf8',
  );
  fs.writeFileSync(
    path.join(place, 'answer.sh'),
    script
      .replace('/etc/hardway/node.env', `${place}/node.env`)
      .replace('/var/lib/kubernetes/ca.pem', `${place}/ca.pem`),
  );
  fs.writeFileSync(
    path.join(place, 'node.env'),
    `API_PORT=${(server.address() as AddressInfo).port}\n`,
  );
  fs.writeFileSync(path.join(place, 'ca.pem'), (trusted ? ca : other).certificate);
  return (request) =>
    new Promise((resolve) => {
      const child = spawn('bash', [path.join(place, 'answer.sh')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (chunk) => (text += chunk));
      child.on('close', () => resolve(text));
      child.stdin.end(request);
    });
}

describe('the plain answer about the API server’s health', () => {
  test('is whole HTTP, and 200 where the API server says so', async () => {
    expect(await (await machine(200))(REQUEST)).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n',
    );
  });

  test('is 503 where the API server says anything else', async () => {
    expect(await (await machine(500))(REQUEST)).toMatch(/^HTTP\/1\.1 503 /);
    expect(await (await machine(401))(REQUEST)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('is 503 where something else than this lab’s API server answers', async () => {
    expect(await (await machine(200, { trusted: false }))(REQUEST)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('is 503 where nothing listens', async () => {
    const ask = await machine(200);
    await new Promise((closed) => servers.at(-1)!.close(closed));
    expect(await ask(REQUEST)).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('is for /healthz alone, and nothing for a request that never ends', async () => {
    const ask = await machine(200);
    expect(await ask('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask('POST /healthz HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask('GET /healthz HTTP/1.1\r\nHost: x\r\n')).toBe('');
  });
});

test('the responder is on controllers alone, and only where a cloud asks for it', async () => {
  const having = async (args: object): Promise<string[]> =>
    commands(await registered({ args }))
      .filter((command) => steps(command).includes('plain-health'))
      .map(({ name }) => name);
  expect(await having({})).toEqual([]);
  expect(await having({ plainHealth: 8080 })).toEqual([
    'machine@controller-0',
    'machine@controller-1',
    'machine@controller-2',
  ]);
  const controller = (await registered({ args: { plainHealth: 8080 } })).get(
    'machine@controller-0',
  )!;
  expect(sent(controller)).toContain('ListenStream=0.0.0.0:8080\n');
  expect(bare(controller.inputs.stdin)).toBeTruthy();
});
