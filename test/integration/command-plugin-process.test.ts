import * as fs from 'node:fs';
import * as os from 'node:os';
import { until } from '../support/until';
import { processesWith, Sshd } from '../support/command-plugin-sshd';
import { RunningPlugin, secret } from '../support/plugin';

const TYPE = 'command:remote:Command';
let sshd: Sshd;

beforeAll(async () => {
  sshd = await Sshd.prepare();
  sshd.start();
});
afterAll(() => sshd.stop());

const workspacesOf = (pid: number): string[] =>
  fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`hardway-command-${pid}-`));

test('the connection is a secret in the state, and output only if it repeats a secret', async () => {
  const running = await RunningPlugin.start('command-plugin/pulumi-resource-command');
  try {
    const open = await running.create(TYPE, 'open', {
      connection: secret(sshd.connection()),
      create: 'echo host 127.0.0.1',
    });
    expect(open.wire.stdout).toBe('host 127.0.0.1');
    expect(open.wire.connection).toEqual(secret(sshd.connection()));
    const repeated = await running.create(TYPE, 'repeated', {
      connection: secret(sshd.connection()),
      create: 'cat',
      stdin: secret('hunter22'),
    });
    expect(repeated.wire.stdout).toEqual(secret('hunter22'));
  } finally {
    running.stop();
  }
}, 30_000);

test('the plugin leaves no process and no file if its engine is killed during a command', async () => {
  const running = await RunningPlugin.start('command-plugin/pulumi-resource-command');
  try {
    running
      .create(TYPE, 'long', {
        connection: secret(sshd.connection()),
        create: 'echo; exec sleep 5432',
      })
      .catch(() => undefined);
    await until('the command started', () => processesWith('sleep 5432').length > 0);
    const [workspace] = workspacesOf(running.pid);
    expect(workspace).toBeDefined();
    running.parent.kill('SIGKILL');
    await until('the plugin ended', () => !running.alive);
    await until('its ssh processes ended', () => processesWith(workspace).length === 0);
    expect(workspacesOf(running.pid)).toEqual([]);
  } finally {
    running.stop();
    for (const line of processesWith('sleep 5432')) process.kill(Number.parseInt(line, 10));
  }
}, 30_000);

test('the plugin’s connections end with a kill of the plugin, and the next one deletes its files', async () => {
  const killed = await RunningPlugin.start('command-plugin/pulumi-resource-command');
  await killed.create(TYPE, 'one', { connection: secret(sshd.connection()), create: 'true' });
  const [workspace] = workspacesOf(killed.pid);
  killed.client.close();
  process.kill(killed.pid, 'SIGKILL');
  await until('its ssh processes ended', () => processesWith(workspace).length === 0);
  expect(workspacesOf(killed.pid)).toEqual([workspace]);
  const next = await RunningPlugin.start('command-plugin/pulumi-resource-command');
  try {
    await next.create(TYPE, 'two', { connection: secret(sshd.connection()), create: 'true' });
    expect(workspacesOf(killed.pid)).toEqual([]);
  } finally {
    next.stop();
    await until('the plugin ended', () => !next.alive);
    expect(workspacesOf(next.pid)).toEqual([]);
  }
}, 30_000);
