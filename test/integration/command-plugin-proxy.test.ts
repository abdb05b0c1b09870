import { remoteCommand } from '../../command-plugin/command';
import type { Connection, ProxyConnection } from '../../command-plugin/connection';
import { endConnections } from '../../command-plugin/ssh-master';
import { removeWorkspace } from '../../command-plugin/workspace';
import { generateSshKey } from '../../provider/tls/ssh';
import { until } from '../support/until';
import { call, failure } from '../support/command-plugin-call';
import { Sshd } from '../support/command-plugin-sshd';

// Other labs of a machine may keep it busy.
jest.setTimeout(60_000);

const { create, check } = remoteCommand as Required<typeof remoteCommand>;
let proxy: Sshd;
let behind: Sshd;
beforeAll(async () => {
  [proxy, behind] = [await Sshd.prepare(), await Sshd.prepare()];
  proxy.start();
  behind.start();
});
afterAll(async () => {
  endConnections();
  removeWorkspace();
  await proxy.stop();
  await behind.stop();
});

const through = (
  changes: Partial<ProxyConnection> = {},
  own: Partial<Connection> = {},
): Connection => ({ ...behind.connection(own), proxy: { ...proxy.connection(), ...changes } });
const told = (connection: Connection, signal?: AbortSignal): Promise<string> =>
  failure(create({ connection, create: 'true' }, call(signal)));

test('a machine behind a proxy is reached by it alone, each by its own key and host key, and the proxy is logged in to once', async () => {
  const before = [proxy.logins(), behind.logins()];
  const connection = through({ perDialTimeout: 9 });
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      create({ connection, create: `echo ${index} $SSH_CONNECTION` }, call()),
    ),
  );
  expect(results.map(({ state }) => state.stdout)).toEqual(
    Array.from({ length: 12 }, (_, index) =>
      expect.stringMatching(
        new RegExp(`^${index} 127\\.0\\.0\\.1 \\d+ 127\\.0\\.0\\.1 ${behind.port}$`),
      ),
    ),
  );
  expect(proxy.logins() - before[0]).toBe(1);
  expect(behind.logins() - before[1]).toBeLessThanOrEqual(3);
});

test('a machine behind a proxy is refused where it has another host key, or the proxy has', async () => {
  const hostKey = generateSshKey('other').publicKey;
  expect(await told(through({}, { hostKey, dialErrorLimit: 0 }))).toMatch(
    /^\S+ can't be reached, after 1 attempts: .*host key/i,
  );
  expect(await told(through({ hostKey, dialErrorLimit: 0 }))).toMatch(
    /^the proxy \S+ can't be reached, after 1 attempts: .*host key/i,
  );
});

test('a machine behind a proxy is not tried where the proxy is dead, or lets nobody in: that is told of the proxy', async () => {
  const logins = behind.logins();
  expect(await told(through({ port: 1, dialErrorLimit: 1 }, { dialErrorLimit: -1 }))).toMatch(
    /^the proxy \S+@127\.0\.0\.1:1 can't be reached, after 2 attempts: .*Connection refused/,
  );
  expect(
    await told(through({ privateKey: generateSshKey('stranger').privateKey, dialErrorLimit: 0 })),
  ).toMatch(/^the proxy .*Permission denied/);
  expect(await told(through({ port: 1, dialErrorLimit: -1 }), AbortSignal.timeout(500))).toMatch(
    /^the proxy .*stopped after \d+ attempts/,
  );
  expect(behind.logins()).toBe(logins);
});

test('a machine behind a proxy that is dead itself is told as such, and not the proxy', async () => {
  expect(await told(through({}, { port: 1, dialErrorLimit: 1 }))).toMatch(
    /^\S+@127\.0\.0\.1:1 can't be reached, after 2 attempts: the proxy can't connect: .*/,
  );
});

test('a machine behind a proxy that starts late is waited for, also where the proxy is a new one meanwhile', async () => {
  const [late, gateway] = [await Sshd.prepare(), await Sshd.prepare()];
  try {
    gateway.start();
    const recorder = call();
    const running = create(
      {
        connection: { ...late.connection({ dialErrorLimit: -1 }), proxy: gateway.connection() },
        create: 'echo up',
      },
      recorder,
    );
    const failed = (): number =>
      recorder.shown.filter((text) => text.includes("can't connect")).length;
    await until('two dials failed', () => failed() >= 2);
    await gateway.restart();
    const before = failed();
    await until('another dial failed', () => failed() > before);
    late.start();
    expect((await running).state.stdout).toBe('up');
  } finally {
    await late.stop();
    await gateway.stop();
  }
});

test('a machine behind a proxy has its mistakes told beside the proxy’s', async () => {
  const connection = {
    host: 'a;b',
    proxy: { host: '$(reboot)', user: 'a b', port: 0, password: 'x', proxy: { host: 'c' } },
  };
  const { failures } = await check({ connection } as never, undefined, new Set());
  expect(failures!.map(({ reason }) => reason.split(' ')[0].replace(/:$/, ''))).toEqual([
    'connection.host',
    'connection.proxy.host',
    'connection.proxy.user',
    'connection.proxy.port',
    'connection.proxy.password',
    'connection.proxy.proxy',
  ]);
});
