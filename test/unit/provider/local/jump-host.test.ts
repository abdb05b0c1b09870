import * as fs from 'node:fs';
import * as net from 'node:net';
import type * as pulumi from '@pulumi/pulumi';
import { jumpPortProbe } from '../../../../cli/doctor/network';
import { findingOf } from '../../../../cli/doctor/finding';
import { buildCloud } from '../../../../components/cloud';
import { loadCloud } from '../../../../components/load-cloud';
import { parseConfig, type RawConfig } from '../../../../components/config';
import {
  describeConfig,
  type JumpLogin,
  readOutputs,
  type StackOutputs,
} from '../../../../components/outputs';
import { topology } from '../../../../components/topology';
import type { JumpHostInputs } from '../../../../provider/local/jump-host/files';
import { jumpHostKind } from '../../../../provider/local/jump-host/kind';
import { relayConfig, sshdConfig } from '../../../../provider/local/jump-host/files';
import { SshKey } from '../../../../provider/resources';
import { keys, isSecret, type Registered, registrations } from '../../../support/mocks';
import { inPlaces, ownPlaces } from '../../../support/typed';

const mockRouter: { listening?: Set<string> } = {};
jest.mock('../../../../provider/local/router/router-snapshot', () => ({
  ...jest.requireActual<object>('../../../../provider/local/router/router-snapshot'),
  routerSnapshot: async () =>
    mockRouter.listening && { listening: mockRouter.listening, ruleset: [] },
}));

ownPlaces();
afterEach(() => void delete mockRouter.listening);

const INPUTS: JumpHostInputs = {
  lab: 'local-s01',
  network: 'generation',
  publicPool: '198.18.0.0/15',
  publicCidr: '198.19.255.0/24',
  hostIp: '198.19.255.1',
  nodes: [
    { name: 'controller-0', privateIp: '10.240.0.10' },
    { name: 'worker-0', privateIp: '10.240.0.20' },
  ],
  api: { address: '198.19.255.100', port: 6443 },
  sources: ['192.0.2.0/24', '198.51.100.7/32'],
  hostPublicKey: 'ssh-ed25519 AAAA jump',
  hostPrivateKey: 'PRIVATE',
  authorizedKey: 'ssh-ed25519 BBBB ubuntu@local-s01',
  tree: '/',
  user: 'student',
  port: 22511,
  userId: 70511,
};

/** The values of each of a config's lines, by its first word. */
const settings = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]),
  );

describe('the sshd of a jump host', () => {
  const said = settings(sshdConfig(INPUTS));

  test("permits connections to the lab's nodes and its API only", () => {
    expect(said.get('PermitOpen')?.split(' ')).toEqual([
      '10.240.0.10:*',
      'controller-0:*',
      '10.240.0.20:*',
      'worker-0:*',
      '198.19.255.100:6443',
    ]);
    expect(said.get('PermitListen')).toBe('none');
    expect(said.get('AllowTcpForwarding')).toBe('local');
  });

  test('permits no sessions, and logins with the key only', () => {
    expect(Object.fromEntries(said)).toMatchObject({
      MaxSessions: '0',
      ForceCommand: '/usr/sbin/nologin',
      PermitTTY: 'no',
      X11Forwarding: 'no',
      AllowAgentForwarding: 'no',
      PermitTunnel: 'no',
      AllowStreamLocalForwarding: 'no',
      AllowUsers: 'student',
      AuthenticationMethods: 'publickey',
      PasswordAuthentication: 'no',
    });
    expect(said.has('Subsystem')).toBe(false);
  });

  test('listens at the address of the router that only the host can reach', () => {
    expect(said.get('ListenAddress')).toBe('198.19.255.2:2222');
  });
});

test('the relay accepts connections from permitted CIDRs, at the port of the lab', () => {
  const lines = relayConfig(INPUTS)
    .split('\n')
    .map((line) => line.trim());
  expect(lines.filter((line) => line.startsWith('acl'))).toEqual([
    'acl admitted src 192.0.2.0/24',
    'acl admitted src 198.51.100.7/32',
  ]);
  expect(lines).toEqual(
    expect.arrayContaining([
      'tcp-request connection reject unless admitted',
      'bind 0.0.0.0:22511',
      'server sshd 198.19.255.2:2222',
      `chroot ${inPlaces('cloud')}/labs/local-s01/jump/empty`,
    ]),
  );
});

describe('jumpHostKind', () => {
  const given = (({ user: _user, port: _port, userId: _userId, ...rest }) => rest)(INPUTS);

  test('check gives each lab its own port and user id', async () => {
    expect(await jumpHostKind.check!(given, undefined, new Set())).toEqual({
      inputs: INPUTS,
      failures: [],
    });
    expect(
      (await jumpHostKind.check!({ ...given, publicCidr: '198.18.3.0/24' }, undefined, new Set()))
        .inputs,
    ).toMatchObject({ port: 22003, userId: 70003 });
  });

  test('check sets no port while the network is unknown', async () => {
    const { publicCidr: _unknown, ...known } = given;
    expect(
      (await jumpHostKind.check!(known, undefined, new Set(['publicCidr']))).inputs,
    ).not.toHaveProperty('port');
  });

  test('check rejects a port that another process uses, and names that process', async () => {
    const server = net.createServer().listen(INPUTS.port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const taken =
      /^port 22511 of this host, where students reach the jump host of lab local-s01, is taken by \S+ \(process \d+\)/;
    try {
      expect((await jumpHostKind.check!(given, undefined, new Set())).failures).toEqual([
        { property: 'port', reason: expect.stringMatching(taken) },
      ]);
      const probe = jumpPortProbe('local-s01', '198.18.0.0/15');
      // With every lower place taken, it is this lab's. The one before it is no real lab's of this machine.
      const takenBelow = (last: number): void => {
        fs.mkdirSync(inPlaces('cloud', 'slots'), { recursive: true });
        for (let slot = 0; slot < last; slot++)
          fs.writeFileSync(inPlaces('cloud', 'slots', String(slot)), 'another');
      };
      takenBelow(510);
      expect(await findingOf(probe)).toMatchObject({ status: 'ok' });
      takenBelow(511);
      expect(await findingOf(probe)).toMatchObject({
        status: 'fail',
        found: expect.stringMatching(taken),
        cure: 'stop that program, or create the lab without a jump host: --set jumpCidrs=',
      });
    } finally {
      server.close();
    }
  });

  test('check rejects a tree that does not exist', async () => {
    expect(
      (await jumpHostKind.check!({ ...given, tree: '/nowhere' }, undefined, new Set())).failures,
    ).toEqual([
      { property: 'tree', reason: '/nowhere does not exist: run ./lab start, which creates it' },
    ]);
  });

  test('diff updates changed inputs and drift in place', async () => {
    const state = { ...INPUTS, installed: 'digest', trouble: '' };
    expect(await jumpHostKind.diff!(state, INPUTS, new Set())).toEqual({
      changed: [],
      replace: [],
    });
    expect(
      await jumpHostKind.diff!(
        state,
        { ...INPUTS, sources: [], port: 22001, tree: '/other' },
        new Set(),
      ),
    ).toEqual({ changed: ['port', 'sources', 'tree'], replace: [] });
    expect(
      await jumpHostKind.diff!({ ...state, trouble: 'its process has ended' }, INPUTS, new Set()),
    ).toEqual({ changed: ['trouble'], replace: [] });
  });

  test('read reports missing parts', async () => {
    const readDrift = async (): Promise<string | undefined> =>
      (await jumpHostKind.read!('id', { ...INPUTS, installed: 'digest', trouble: '' }))?.trouble;
    expect(await readDrift()).toBe('the router is missing');
    mockRouter.listening = new Set();
    expect(await readDrift()).toBe(
      'its process has ended; its relay on the host has ended; its rule in the router is missing',
    );
  });

  test('lists the private key as a secret', () =>
    expect(jumpHostKind.secrets).toEqual(['hostPrivateKey']));

  test('delete accepts a jump host without any parts', async () => {
    await expect(
      jumpHostKind.delete('id', { ...INPUTS, installed: 'digest', trouble: '' }),
    ).resolves.toBeUndefined();
  });
});

describe('a lab', () => {
  beforeEach(() => {
    for (const name of ['HARDWAY_TREE', 'HARDWAY_STORE', 'HARDWAY_IMAGES']) process.env[name] = '/';
  });
  afterEach(() => {
    for (const name of ['HARDWAY_TREE', 'HARDWAY_STORE', 'HARDWAY_IMAGES'])
      delete process.env[name];
  });

  /** Returns the registered jump hosts of a lab, and the login in its outputs. */
  async function made(raw: RawConfig): Promise<{ jumpHosts: Registered[]; login?: unknown }> {
    const config = parseConfig({ controllers: '1', workers: '1', ...raw });
    let login: pulumi.Output<JumpLogin> | undefined;
    const all = await registrations(
      (parent) => {
        const sshKey = new SshKey('ssh-key', { comment: 'lab' }, { parent });
        login = buildCloud(loadCloud(config), {
          lab: 'local',
          config,
          topology: topology(config),
          sshKey,
          tags: { lab: 'local', state: '0a1b2c3d', student: '', expires: '' },
          parent,
        }).jump;
      },
      {
        resource: (type, name) => ({
          ...keys(type, name),
          ...(type.endsWith(':Network')
            ? {
                publicCidr: '198.18.3.0/24',
                hostIp: '198.18.3.1',
                router: 'router',
                generation: 'g',
              }
            : {}),
          ...(type.endsWith(':JumpHost') ? { user: 'student', port: 22003, userId: 70003 } : {}),
        }),
      },
    );
    return {
      jumpHosts: all.filter(({ type }) => type === 'hardway:local:JumpHost'),
      login: login && (await new Promise((resolve) => login!.apply(resolve))),
    };
  }

  test('with jumpCidrs has a jump host that accepts the key of its nodes', async () => {
    const { jumpHosts, login } = await made({ jumpCidrs: '192.0.2.0/24' });
    expect(jumpHosts).toHaveLength(1);
    expect(jumpHosts[0].inputs).toMatchObject({
      sources: ['192.0.2.0/24'],
      publicCidr: '198.18.3.0/24',
      hostIp: '198.18.3.1',
      authorizedKey: 'public ssh-key',
      hostPublicKey: 'public jump-host-key',
      nodes: [
        { name: 'controller-0', privateIp: '10.240.0.10' },
        { name: 'worker-0', privateIp: '10.240.0.20' },
      ],
      api: { address: '198.18.3.100', port: 6443 },
    });
    expect(isSecret(jumpHosts[0].inputs.hostPrivateKey)).toBe(true);
    expect(login).toEqual({ user: 'student', port: 22003, hostKey: 'public jump-host-key' });
  });

  test('without jumpCidrs has no jump host', async () => {
    expect(await made({})).toEqual({ jumpHosts: [], login: undefined });
  });

  test('names the jump host in its outputs', () => {
    const jump = { user: 'student', port: 22003, hostKey: 'ssh-ed25519 AAAA jump' };
    expect(
      readOutputs({
        config: describeConfig(parseConfig({ jumpCidrs: '192.0.2.0/24' })),
        jump,
        nodes: [] as unknown,
      } as StackOutputs).jump,
    ).toEqual(jump);
    // In a cloud there is no such key, and so none in its outputs.
    expect(
      readOutputs({
        config: describeConfig(parseConfig({ cloud: 'aws', adminCidrs: '192.0.2.0/24' })),
        nodes: [] as unknown,
      } as StackOutputs).jump,
    ).toBeUndefined();
  });
});
