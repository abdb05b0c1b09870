import { remoteCommand } from '../../command-plugin/command';
import type { Connection, ProxyConnection } from '../../command-plugin/connection';
import { endConnections } from '../../command-plugin/ssh-master';
import { removeWorkspace } from '../../command-plugin/workspace';
import { generateSshKey } from '../../provider/tls/ssh';
import { until } from '../support/until';
import { call, failure } from '../support/command-plugin-call';
import { Sshd } from '../support/command-plugin-sshd';

// Labs on the same host may slow the tests down.
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
const failureOf = (connection: Connection, signal?: AbortSignal): Promise<string> =>
  failure(create({ connection, create: 'true' }, call(signal)));

test('a host behind a proxy is reached only through one login at the proxy, each with its own keys', async () => {
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

test('a host behind a proxy is refused if the host or the proxy has another host key', async () => {
  const hostKey = generateSshKey('other').publicKey;
  expect(await failureOf(through({}, { hostKey, dialErrorLimit: 0 }))).toMatch(
    /^\S+ can't be reached, after 1 attempts: .*host key/i,
  );
  expect(await failureOf(through({ hostKey, dialErrorLimit: 0 }))).toMatch(
    /^the proxy \S+ can't be reached, after 1 attempts: .*host key/i,
  );
});

test('a host behind a proxy is not tried if the proxy is dead or refuses the key, which is reported', async () => {
  const logins = behind.logins();
  expect(await failureOf(through({ port: 1, dialErrorLimit: 1 }, { dialErrorLimit: -1 }))).toMatch(
    /^the proxy \S+@127\.0\.0\.1:1 can't be reached, after 2 attempts: .*Connection refused/,
  );
  expect(
    await failureOf(
      through({ privateKey: generateSshKey('stranger').privateKey, dialErrorLimit: 0 }),
    ),
  ).toMatch(/^the proxy .*Permission denied/);
  expect(
    await failureOf(through({ port: 1, dialErrorLimit: -1 }), AbortSignal.timeout(500)),
  ).toMatch(/^the proxy .*stopped after \d+ attempts/);
  expect(behind.logins()).toBe(logins);
});

test('a dead host behind a proxy is reported instead of the proxy', async () => {
  expect(await failureOf(through({}, { port: 1, dialErrorLimit: 1 }))).toMatch(
    /^\S+@127\.0\.0\.1:1 can't be reached, after 2 attempts: the proxy can't connect: .*/,
  );
});

test('a host behind a proxy is reached although it starts late and the proxy restarts meanwhile', async () => {
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

test('a host behind a proxy has its mistakes reported beside the proxy’s', async () => {
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
