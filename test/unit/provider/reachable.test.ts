import * as https from 'node:https';
import * as net from 'node:net';
import type { AddressInfo } from 'node:net';
import { reachable } from '../../../provider/reachable';
import { issueAuthority, issueCertificate } from '../../../provider/tls/x509';

const FAILURE = 'No SSH login at 203.0.113.7 (worker-0)';
const ADVICE = 'The rule allow-ssh admits 198.51.100.4/32 (adminCidrs) to TCP port 22.';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  closing.push(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const inputs = (
  port: number,
  more: Partial<Parameters<typeof reachable.create>[0]> = {},
): Parameters<typeof reachable.create>[0] => ({
  protocol: 'ssh',
  host: '127.0.0.1',
  port,
  generation: 'first',
  seconds: 2,
  failure: FAILURE,
  advice: ADVICE,
  ...more,
});

const failure = (wait: Promise<unknown>): Promise<string> =>
  wait.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );

describe('an SSH login', () => {
  test('is there when a banner arrives, even if it takes some attempts', async () => {
    let connections = 0;
    const port = await listen(
      net.createServer((socket) => {
        connections += 1;
        if (connections < 2) socket.destroy();
        else socket.write('SSH-2.0-OpenSSH_9.6p1\r\n');
      }),
    );
    expect(await reachable.create(inputs(port, { seconds: 10 }))).toMatchObject({
      id: `ssh:127.0.0.1:${port}`,
    });
    expect(connections).toBe(2);
  });

  test('that never succeeds fails after the limit, with address, rule and last reason', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    const message = await failure(reachable.create(inputs(port)));
    expect(message.split('\n')[0]).toBe(`${FAILURE} within 2 s.`);
    expect(message).toMatch(/Last attempt: (the connection was closed|read ECONNRESET)/);
    expect(message).toContain(ADVICE);
  });

  test('is not there where another protocol answers', async () => {
    const port = await listen(net.createServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n')));
    expect(await failure(reachable.create(inputs(port)))).toContain('without an SSH banner');
  });

  test('is asked for again when the generation changes', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    const olds = inputs(port);
    expect(
      await failure(reachable.update!('id', olds, { ...olds, generation: 'second' })),
    ).toContain(FAILURE);
  });

  test('ends its wait when the run is interrupted', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    const stopped = {
      urn: 'u',
      log: () => undefined,
      status: () => undefined,
      signal: AbortSignal.timeout(300),
    };
    const started = Date.now();
    const wait = reachable.create(inputs(port, { seconds: 60 }), stopped);
    expect(await failure(wait)).toBe('the run was interrupted');
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('the API', () => {
  let ca: Awaited<ReturnType<typeof issueAuthority>>;
  let status: number;
  let port: number;
  let asked: string[];

  beforeEach(async () => {
    ca = await issueAuthority('lab', 365);
    const server = await issueCertificate(ca.certificate, ca.privateKey, {
      commonName: 'kube-apiserver',
      ipAddresses: ['127.0.0.1'],
      usages: ['server'],
      validityDays: 365,
    });
    [status, asked] = [200, []];
    port = await listen(
      https.createServer(
        { cert: server.certificate, key: server.privateKey },
        (request, answer) => {
          asked.push(request.url!);
          answer.writeHead(status).end();
        },
      ),
    );
  });
  const wait = (caCertificate = ca.certificate): Promise<unknown> =>
    reachable.create(inputs(port, { protocol: 'https', path: '/readyz', caCertificate }));

  test('answers when its health path gives 200 with a certificate of the lab', async () => {
    await wait();
    expect(asked).toEqual(['/readyz']);
  });

  test('that is not ready does not count as answering', async () => {
    status = 500;
    expect(await failure(wait())).toContain('Last attempt: HTTP status 500.');
  });

  test('of another lab does not count as answering', async () => {
    const other = await issueAuthority('other', 365);
    expect(await failure(wait(other.certificate))).toMatch(/Last attempt: .*certificate/);
    expect(asked).toEqual([]);
  });
});
