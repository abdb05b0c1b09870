import * as fs from 'node:fs';
import * as net from 'node:net';
import { until } from '../support/until';
import { asRoot, lab, labPrints, type Ran, run, state } from '../support/command';
import type { StackOutputs } from '../../components/outputs';
import { outputsOf, Student } from '../support/student';
import { slotOf, tracesOf } from '../support/leftovers';

/** Tests which addresses a student reaches from a laptop through the jump host, and which not. */

const OWN = 'local-j01';
const OTHER = 'local-j02';
const small = (name: string, ...settings: string[]): string[] => [
  'up',
  name,
  '--yes',
  '--stage',
  'none',
  ...['controllers=1', 'workers=1', ...settings].flatMap((setting) => ['--set', setting]),
];
const NODE_PORT = 31088;

jest.setTimeout(10 * 60_000);

let [own, other]: StackOutputs[] = [];
let links: Record<string, string | undefined> = {};
let students: Student[] = [];

const student = (...of: Parameters<typeof Student.with>): Student => {
  const made = Student.with(...of);
  students.push(made);
  return made;
};
/** Returns the address with a host number in a lab's public /24. */
const publicAddress = (outputs: StackOutputs, host: number): string =>
  outputs.nodes[0].publicIp.replace(/\d+$/, String(host));
const statusOf = async (name: string): Promise<{ differs: boolean; drift: unknown[] }> =>
  JSON.parse((await lab('status', name, '--json')).stdout) as {
    differs: boolean;
    drift: unknown[];
  };
const pidOf = (daemon: 'sshd' | 'relay'): number =>
  (
    JSON.parse(
      fs.readFileSync(
        `${process.env.HARDWAY_CLOUD || '/var/lib/hardway'}/labs/${OWN}/jump/${daemon}.json`,
        'utf8',
      ),
    ) as { pid: number }
  ).pid;

/** Returns the process id of sshd, the first process in its own PID namespace. */
const sshd = async (): Promise<number> =>
  Number((await run('pgrep', ['-P', String(pidOf('sshd'))])).stdout);

const REFUSED = /open failed/;
const isRefused = (ran: Ran, why: RegExp = REFUSED): void => {
  expect(ran).toMatchObject({
    code: expect.any(Number),
    stdout: '',
    stderr: expect.stringMatching(why),
  });
  expect(ran.code).not.toBe(0);
};

beforeAll(async () => {
  await labPrints(...small(OWN, 'jumpCidrs=127.0.0.0/8'));
  // The other lab has another node network, so that its addresses differ from the first lab's.
  await labPrints(...small(OTHER, 'jumpCidrs=192.0.2.0/24', 'nodeCidr=10.241.0.0/24'));
  [own, other] = [await outputsOf(OWN), await outputsOf(OTHER)];
  links = Object.fromEntries([OWN, OTHER].map((name) => [name, slotOf(name)?.link]));
  await asRoot(
    OWN,
    'worker-0',
    `systemd-run --quiet --unit=page perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(Listen => 5, LocalPort => ${NODE_PORT}, ReuseAddr => 1) or die; while (my $client = $server->accept) { print $client "Welcome to nginx\\n"; close $client }'`,
  );
});
afterEach(() => {
  for (const one of students) one.gone();
  students = [];
});
afterAll(async () => {
  for (const name of [OWN, OTHER]) await lab('down', name, '--yes');
  fs.rmSync(state, { recursive: true, force: true });
});

describe('through the jump host a student', () => {
  test("logs in to every node of the student's lab", async () => {
    expect(own.nodes.length).toBeGreaterThan(0);
    for (const { name } of own.nodes)
      expect(await student(own).ssh(name, 'hostname; sudo id -un')).toMatchObject({
        code: 0,
        stdout: `${name}\nroot\n`,
      });
  });

  test('reaches a NodePort, by address and by name', async () => {
    for (const [port, host] of [
      [41088, '10.240.0.20'],
      [41089, 'worker-0'],
    ] as const) {
      student(own).keeps('-L', `127.0.0.1:${port}:${host}:${NODE_PORT}`, 'jump');
      const said = await until(
        'the page comes',
        () =>
          new Promise<string>((resolve) => {
            let text = '';
            net
              .connect(port, '127.0.0.1')
              .on('error', () => resolve(''))
              .on('data', (data) => (text += String(data)))
              .on('close', () => resolve(text));
          }),
      );
      expect(said).toBe('Welcome to nginx\n');
    }
  });

  test('gets no shell, no command, no files and no remote port', async () => {
    isRefused(await student(own).ssh('jump'));
    isRefused(await student(own).ssh('jump', 'id'));
    isRefused(await student(own).ssh('-tt', 'jump'));
    isRefused(await student(own).sftp('jump'), /Connection closed|open failed/);
    isRefused(
      await student(own).ssh('-N', '-R', '9999:127.0.0.1:22', 'jump'),
      /remote port forwarding failed/,
    );
    isRefused(
      await student(own).ssh('-N', '-R', '/tmp/hardway-student:127.0.0.1:22', 'jump'),
      /remote port forwarding failed/,
    );
  });

  test('reaches no address of another lab, the host or the router', async () => {
    const [ownPort, otherPort] = [own.jump!.port, other.jump!.port];
    const targets = [
      '10.241.0.20:22',
      `${publicAddress(other, 20)}:22`,
      `${publicAddress(other, 100)}:6443`,
      `${publicAddress(other, 2)}:2222`,
      `127.0.0.1:${ownPort}`,
      `localhost:${ownPort}`,
      `${publicAddress(own, 1)}:${ownPort}`,
      `${publicAddress(other, 1)}:${otherPort}`,
      '10.240.0.1:5000',
      `${publicAddress(own, 2)}:2222`,
      '127.0.0.1:2222',
      `${publicAddress(own, 100)}:22`,
    ];
    for (const target of targets)
      isRefused(await student(own).reaches(target), /administratively prohibited/);
    expect(await student(own).reaches('10.240.0.20:22')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^SSH-2.0-/),
    });
  });

  test('is refused with the key of another lab, and refuses another host key', async () => {
    isRefused(
      await student(own, { key: other.sshPrivateKey }).ssh('jump'),
      /Permission denied \(publickey\)/,
    );
    isRefused(
      await student(own, { hostKey: other.jump!.hostKey }).ssh('jump'),
      /Host key verification failed/,
    );
  });

  test('logs in only from the addresses in the config', async () => {
    isRefused(
      await student(other).ssh('worker-0', 'hostname'),
      /Connection (closed|reset) by (remote host|127.0.0.1)|kex_exchange_identification/,
    );
    await labPrints('up', OTHER, '--yes', '--set', 'jumpCidrs=127.0.0.1/32');
    expect(await student(other).ssh('worker-0', 'hostname')).toMatchObject({
      code: 0,
      stdout: 'worker-0\n',
    });
    isRefused(await student(other).reaches('10.240.0.20:22'));
  });
});

describe('below its sshd', () => {
  const connect = (host: string, port: number): string[] => [
    'timeout',
    '2',
    'bash',
    '-c',
    `: < /dev/tcp/${host}/${port}`,
  ];
  /** Returns whether a process with sshd's user and namespace can connect. */
  const connects = async (host: string, port: number): Promise<boolean> => {
    const { uid } = fs.statSync(`/proc/${await sshd()}`);
    return (
      (
        await run('ip', [
          'netns',
          'exec',
          `hardway.${OWN}.router`,
          'setpriv',
          `--reuid=${uid}`,
          '--clear-groups',
          ...connect(host, port),
        ])
      ).code === 0
    );
  };

  test('the jump host is kept in its own lab by routes and the packet filter', async () => {
    expect(await connects('10.240.0.20', 22)).toBe(true);
    const elsewhere: [string, number][] = [
      [publicAddress(own, 1), own.jump!.port],
      [publicAddress(other, 1), other.jump!.port],
      [publicAddress(other, 20), 22],
      [publicAddress(other, 2), 2222],
      ['10.241.0.20', 22],
      ['192.0.2.1', 22],
    ];
    for (const [host, port] of elsewhere)
      expect([host, port, await connects(host, port)]).toEqual([host, port, false]);
    // The relay listens at this address of the host.
    const [program, ...args] = connect(publicAddress(own, 1), own.jump!.port);
    expect(await run(program, args)).toMatchObject({ code: 0 });
  });

  test('the jump host has no capability of root, no file of the host and no writable directory', async () => {
    const pid = await sshd();
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'));
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(status).toMatch(/^NSpid:\s\d+\s1$/m);
    const [uid] = /^Uid:\s(\d+)/m.exec(status)!.slice(1).map(Number);
    expect(uid).toBeGreaterThan(60000);
    const mounts = fs
      .readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([, , , , at, options]) => `${at} ${options.split(',')[0]}`);
    expect(mounts.sort()).toEqual(['/ ro', '/dev ro', '/dev/null rw', '/etc ro']);
    expect(fs.existsSync(`/proc/${pid}/root${state}`)).toBe(false);
    expect(fs.readdirSync(`/proc/${pid}/root/etc`).sort()).toEqual([
      'group',
      'hosts',
      'nsswitch.conf',
      'passwd',
      'ssh',
    ]);
  });

  test('the jump host is unreachable from a node', async () => {
    expect(
      await asRoot(
        OWN,
        'worker-0',
        `for at in ${publicAddress(own, 2)}/2222 10.240.0.1/2222 ${publicAddress(own, 1)}/${own.jump!.port}; do timeout 2 bash -c ": < /dev/tcp/$at" 2> /dev/null && echo "$at"; done; true`,
      ),
    ).toBe('');
  });
});

test.each([
  ['sshd', 'its process has ended'],
  ['relay', 'its relay on the host has ended'],
] as const)(
  'after a kill of its %s, status names the jump host and up repairs it',
  async (daemon, words) => {
    process.kill(daemon === 'sshd' ? await sshd() : pidOf(daemon), 'SIGKILL');
    await until('logins fail', async () => (await student(own).ssh('worker-0', 'true')).code !== 0);
    expect(await statusOf(OWN)).toMatchObject({
      differs: true,
      drift: [{ resource: 'jump host', state: words }],
    });
    await labPrints('up', OWN, '--yes');
    expect(await student(own).ssh('worker-0', 'hostname')).toMatchObject({
      code: 0,
      stdout: 'worker-0\n',
    });
    expect(await statusOf(OWN)).toMatchObject({ differs: false, drift: [] });
  },
);

test('the jump host is deleted with the last jump CIDR, and with its lab', async () => {
  const listening = async (outputs: StackOutputs): Promise<string> =>
    (await run('ss', ['-Hltn', `sport = :${outputs.jump!.port}`])).stdout;
  expect(await listening(other)).not.toBe('');
  await labPrints('up', OTHER, '--yes', '--set', 'jumpCidrs=');
  expect(await listening(other)).toBe('');
  expect((await outputsOf(OTHER)).jump).toBeUndefined();
  expect(await statusOf(OTHER)).toMatchObject({ differs: false });

  student(own).keeps('-L', '127.0.0.1:41090:10.240.0.20:22', 'jump');
  await until(
    'the student is logged in',
    async () => (await run('ss', ['-Hltn', 'sport = :41090'])).stdout,
  );
  // sshd hides its environment, so that tracesOf can't find it.
  const process = `/proc/${await sshd()}`;
  expect(fs.existsSync(process)).toBe(true);
  for (const name of [OWN, OTHER]) await labPrints('down', name, '--yes');
  expect(fs.existsSync(process)).toBe(false);
  for (const name of [OWN, OTHER]) expect(await tracesOf(name, links[name])).toEqual([]);
  expect(await listening(own)).toBe('');
});

test('a lab is refused before a resource is created if another program has its jump port', async () => {
  const servers: net.Server[] = [];
  // The lab gets the lowest free slot, so the port of every low slot is taken.
  for (let slot = 0; slot < 16; slot++) {
    const server = net
      .createServer()
      .on('error', () => undefined)
      .listen(22000 + slot, '0.0.0.0');
    servers.push(server);
  }
  try {
    const ran = await lab(...small(OWN, 'jumpCidrs=127.0.0.0/8'));
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /port 220\d\d of this host, where students reach the jump host of lab local-j01, is taken by .* \(process \d+\)\n\s+To do: stop that program, or create the lab without a jump host: --set jumpCidrs=/,
      ),
    });
    expect(await tracesOf(OWN)).toEqual([]);
  } finally {
    for (const server of servers) server.close();
  }
});
