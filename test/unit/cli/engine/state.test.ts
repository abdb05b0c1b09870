import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { root } from '../../../../util/repo-root';
import { describeConfig } from '../../../../components/outputs';
import { defaultOf, parseConfig } from '../../../../components/config';
import { ownPlaces, quoted } from '../../../../cli/commands/env';
import { listedStack } from '../../../../cli/commands/list';
import { closeState, dropOldLogs, engineEnvironment } from '../../../../cli/engine/environment';
import { passphraseFile } from '../../../../cli/engine/passphrase';
import { labFiles, removeLabFiles, writeLabFiles } from '../../../../cli/lab/files';
import { holders, isDead, removeDeadLocks } from '../../../../cli/engine/stale-locks';
import { prepareProject, projectDirectory } from '../../../../cli/engine/project';
import { knownPools, rememberPool } from '../../../../cli/lab/known-pools';
import { readSnapshot } from '../../../../cli/engine/snapshot';
import { each } from '../../../support/each';
import { until } from '../../../support/until';

const PROGRAMS = {
  pulumi: '/opt/engine/pulumi',
  languageHostDirectory: '/opt/host',
  pulumiHome: '/opt/home',
};
const mode = (file: string): number => fs.statSync(file).mode & 0o777;
let state: string;

beforeEach(() => {
  state = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-cli-')), 'state');
  process.env.HARDWAY_STATE = state;
});

afterEach(() => {
  delete process.env.HARDWAY_STATE;
  fs.rmSync(path.dirname(state), { recursive: true });
});

test('dropOldLogs keeps the newest 40 logs of the engine', () => {
  const home = path.join(path.dirname(state), 'home');
  const logs = path.join(home, 'logs');
  dropOldLogs(home);
  fs.mkdirSync(logs, { recursive: true });
  for (let index = 0; index < 60; index++) {
    fs.writeFileSync(path.join(logs, `${index}.log`), '');
    fs.utimesSync(path.join(logs, `${index}.log`), 1_000_000 + index, 1_000_000 + index);
  }
  dropOldLogs(home);
  expect(
    fs
      .readdirSync(logs)
      .map((name) => parseInt(name, 10))
      .sort((a, b) => a - b),
  ).toEqual(Array.from({ length: 40 }, (_, index) => index + 20));
});

describe('the passphrase', () => {
  test('is created once, in a file and a directory that only their owner can read', () => {
    const first = fs.readFileSync(passphraseFile(), 'utf8');
    expect(first.trim().length).toBeGreaterThanOrEqual(32);
    expect(mode(passphraseFile())).toBe(0o600);
    expect(mode(state)).toBe(0o700);
    expect(fs.readFileSync(passphraseFile(), 'utf8')).toBe(first);
    expect(fs.readdirSync(state)).toEqual(['passphrase']);
  });

  test("is in no value of the engine's environment, which names its file", () => {
    const environment = engineEnvironment(PROGRAMS, { PATH: '/bin' });
    const secret = fs.readFileSync(passphraseFile(), 'utf8').trim();
    expect(Object.values(environment).some((value) => value.includes(secret))).toBe(false);
    expect(environment.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(passphraseFile());
  });
});

test('closeState closes files that plain pulumi left readable for other users', () => {
  passphraseFile();
  const log = path.join(state, 'pulumi-home/logs/x.log');
  fs.mkdirSync(path.dirname(log), { recursive: true });
  fs.writeFileSync(log, '', { mode: 0o644 });
  fs.symlinkSync('/etc/hostname', path.join(state, 'link'));
  const before = mode('/etc/hostname');
  closeState();
  expect([log, path.dirname(log), path.join(state, 'passphrase')].map(mode)).toEqual([
    0o600, 0o700, 0o600,
  ]);
  expect(mode('/etc/hostname')).toBe(before);
});

describe("the engine's environment", () => {
  test('has the toolchain first on PATH, and each directory once', () => {
    expect(engineEnvironment(PROGRAMS, { PATH: '/bin:/opt/host:/bin:/usr/bin' }).PATH).toBe(
      '/opt/engine:/opt/host:/bin:/usr/bin',
    );
  });

  test("respects the user's own backend, Pulumi home and passphrase", () => {
    const own = {
      PULUMI_BACKEND_URL: 's3://class',
      PULUMI_HOME: '/home/me/.pulumi',
      PULUMI_CONFIG_PASSPHRASE: '',
    };
    const environment = engineEnvironment(PROGRAMS, own);
    expect(environment).toMatchObject({
      PULUMI_BACKEND_URL: 's3://class',
      PULUMI_HOME: '/home/me/.pulumi',
    });
    expect(environment).not.toHaveProperty('PULUMI_CONFIG_PASSPHRASE_FILE');
    expect(fs.existsSync(path.join(state, 'backend'))).toBe(false);
  });

  test("has this program's own directories as absolute paths", () => {
    process.env.HARDWAY_CLOUD = 'cloud';
    expect(ownPlaces()).toMatchObject({
      HARDWAY_STATE: state,
      HARDWAY_CLOUD: path.resolve('cloud'),
    });
    delete process.env.HARDWAY_CLOUD;
    expect(ownPlaces()).not.toHaveProperty('HARDWAY_CLOUD');
  });

  test('is printed in a form that a shell can read', () => {
    expect(quoted('/a/b:/c')).toBe('/a/b:/c');
    expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'");
  });
});

describe("the engine's project", () => {
  test('equals the tracked project, with its config in the state directory and valid paths', () => {
    const directory = prepareProject();
    const read = (file: string): Record<string, never> => parse(fs.readFileSync(file, 'utf8'));
    const tracked: any = read(path.join(root, 'Pulumi.yaml'));
    const made: any = read(path.join(directory, 'Pulumi.yaml'));
    expect(made.name).toBe(tracked.name);
    expect(made.config).toEqual(tracked.config);
    expect(path.resolve(directory, made.stackConfigDir)).toBe(path.join(state, 'stacks'));
    expect(path.resolve(directory, made.plugins.providers[0].path)).toBe(
      path.resolve(root, tracked.plugins.providers[0].path),
    );
    expect(fs.existsSync(path.join(directory, made.main))).toBe(true);
    fs.rmSync(directory, { recursive: true });
  });

  test('has its own directory for each state directory', () => {
    const one = projectDirectory();
    process.env.HARDWAY_STATE = `${state}-of-another`;
    expect(projectDirectory()).not.toBe(one);
  });

  test('leaves tracked stack files without an encryption salt', () => {
    const files = ['aws', 'gcp', 'local']
      .map((cloud) => path.join(root, `Pulumi.${cloud}.yaml`))
      .filter((file) => fs.existsSync(file));
    each(files, (file) =>
      expect(fs.readFileSync(file, 'utf8')).not.toMatch(
        /encryptionsalt|secretsprovider|encryptedkey/i,
      ),
    );
  });
});

describe("a lab's files", () => {
  const outputs: any = {
    lab: 'local',
    nodes: [{ name: 'worker-0', privateIp: '10.240.0.20', publicIp: '198.18.0.20' }],
    sshPrivateKey: 'KEY',
    knownHosts: '198.18.0.20 ssh-ed25519 AAAA\n',
    kubeconfig: 'CONFIG',
  };

  test('are readable for their owner only, and removeLabFiles deletes all', () => {
    const files = writeLabFiles('local', outputs);
    expect([files.sshKey, files.kubeconfig].map(mode)).toEqual([0o600, 0o600]);
    expect(mode(files.directory)).toBe(0o700);
    expect(fs.readFileSync(files.sshConfig, 'utf8')).toMatch(
      /Host worker-0\n {2}HostName 198\.18\.0\.20/,
    );
    removeLabFiles('local');
    expect(fs.existsSync(files.directory)).toBe(false);
  });

  test('have no kubeconfig without a cluster', () => {
    writeLabFiles('local', { ...outputs, kubeconfig: '' });
    expect(fs.existsSync(labFiles('local').kubeconfig)).toBe(false);
  });
});

describe("a stack's lock", () => {
  const message =
    'the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n' +
    '  file:///b/.pulumi/locks/x.json: created by root@here (pid 4711) at 2026-11-22T19:00:00Z';

  test('names its holder', () => {
    expect(holders(message)).toEqual([
      { user: 'root', host: 'here', pid: 4711, since: '2026-11-22T19:00:00Z' },
    ]);
  });

  test.each([
    ['the process has ended on this host', 'here', false, true],
    ['the process runs', 'here', true, false],
    ['the process is on another host', 'there', false, false],
  ])('is dead only if its process certainly ended: %s', (_what, host, runs, dead) => {
    expect(isDead(holders(message)[0], host, () => runs)).toBe(dead);
  });

  test('is removed if it is dead or truncated, and kept otherwise', () => {
    const directory = path.join(state, '.pulumi/locks/organization/hardway-lab/local');
    fs.mkdirSync(directory, { recursive: true });
    const write = (name: string, text: string): void =>
      fs.writeFileSync(path.join(directory, name), text);
    write('dead.json', JSON.stringify({ pid: 2 ** 22 + 1, hostname: os.hostname() }));
    write('torn.json', '{"pid": 1, "host');
    write('elsewhere.json', JSON.stringify({ pid: 1, hostname: 'another-machine' }));
    // One that the disk was full for as it was begun.
    fs.writeFileSync(path.join(directory, 'begun.json.18eb5d69e918fb58.tmp'), '');
    removeDeadLocks('s3://bucket', 'local');
    removeDeadLocks(`file://${state}?metadata=skip`, 'local-s01');
    expect(fs.readdirSync(directory)).toHaveLength(4);
    removeDeadLocks(`file://${state}?metadata=skip`, 'local');
    expect(fs.readdirSync(directory)).toEqual(['elsewhere.json']);
  });

  test('is dead if its engine is a zombie', async () => {
    const engine = path.join(path.dirname(state), 'pulumi');
    fs.copyFileSync('/bin/true', engine);
    fs.chmodSync(engine, 0o755);
    // sleep knows nothing of the child that the shell started before it became sleep.
    const parent = spawn('sh', ['-c', '"$0" & exec sleep 60', engine], { stdio: 'ignore' });
    try {
      const pid = await until('the engine has ended', () => {
        const child = fs
          .readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
          .trim();
        return (
          child !== '' &&
          / \(pulumi\) Z /.test(fs.readFileSync(`/proc/${child}/stat`, 'utf8')) &&
          Number(child)
        );
      });
      expect(isDead({ host: os.hostname(), pid })).toBe(true);
    } finally {
      parent.kill();
    }
  });
});

describe('a snapshot', () => {
  const config = describeConfig(parseConfig({}));
  const secret = (value: string): object => ({
    '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
    plaintext: JSON.stringify(value),
  });
  const stack = (outputs: object): object => ({
    urn: 'urn:pulumi:local::hardway-lab::pulumi:pulumi:Stack::s',
    type: 'pulumi:pulumi:Stack',
    outputs,
  });

  test('has the outputs with secrets, and their topology', () => {
    const outputs = {
      lab: 'local',
      config,
      nodes: [{}],
      knownHosts: 'x',
      sshPrivateKey: secret('KEY'),
      kubeconfig: secret('CONFIG'),
    };
    const found = readSnapshot({ resources: [stack(outputs)] });
    expect(found.outputs).toMatchObject({
      lab: 'local',
      sshPrivateKey: 'KEY',
      kubeconfig: 'CONFIG',
      stage: 'cluster',
    });
    expect(found.outputs!.topology.nodes).toHaveLength(6);
  });

  test('has no outputs if up did not complete', () => {
    expect(readSnapshot({ resources: [stack({ lab: 'local' })] }).outputs).toBeUndefined();
    expect(readSnapshot(undefined)).toMatchObject({
      resources: [],
      created: undefined,
      pending: false,
      outputs: undefined,
    });
  });

  const foreign = {
    lab: 'local',
    config: '{"planets": 9}',
    nodes: [{}],
    knownHosts: 'x',
    sshPrivateKey: 'KEY',
  };

  test('is listed as unreadable if another version wrote it', async () => {
    const snapshot = readSnapshot({ resources: [stack(foreign)] });
    expect(snapshot.outputs).toBeUndefined();
    expect(snapshot.unreadable?.message).toMatch(/Another version[\s\S]*planets/);
    const listed = await listedStack(
      { snapshot: async () => snapshot },
      { name: 'local', busy: false },
    );
    expect(listed).toMatchObject({ name: 'local', state: 'unreadable' });
    expect(listed.problem).toMatch(/planets[\s\S]*To do: /);
  });

  test('is pending if its engine was killed', () => {
    expect(readSnapshot({ pending_operations: [{}] }).pending).toBe(true);
  });
});

describe('the known pools', () => {
  test('are read without creating a file, and remembered', () => {
    expect(knownPools()).toEqual([defaultOf('publicPool', 'local')]);
    expect(fs.existsSync(state)).toBe(false);
    rememberPool('192.0.2.0/24');
    expect(knownPools()).toEqual([defaultOf('publicPool', 'local'), '192.0.2.0/24']);
  });
});
