import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { labPrints, type Ran, run } from './command';

/** What a stack tells of itself, secrets too. */
export interface Told {
  nodes: { name: string; privateIp: string; publicIp: string }[];
  knownHosts: string;
  sshPrivateKey: string;
  jump?: { user: string; port: number; hostKey: string };
}

/** A lab's outputs, as plain Pulumi shows them. */
export async function outputsOf(lab: string): Promise<Told> {
  const variables = await labPrints('env');
  const ran = await run('bash', ['-c', `${variables}\npulumi stack output --json --show-secrets --stack ${lab}`]);
  if (ran.code !== 0) throw new Error(`pulumi stack output exited ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Told;
}

/** The host key of a node, as its line of known_hosts has it. */
const hostKeyOf = (told: Told, publicIp: string): string => told.knownHosts.split('\n').find((line) => line.startsWith(`${publicIp} `))!.slice(publicIp.length + 1);

/** Somebody on a laptop, with what is on a card and nothing else: no root, no file of the lab's machine, and a way to its jump host's port. */
export class Student {
  private readonly started: ChildProcess[] = [];
  private constructor(private readonly directory: string) {}

  /** `key`: another than the lab's own; `hostKey`: another than the jump host's. */
  static with(told: Told, wrong: { key?: string; hostKey?: string } = {}): Student {
    const student = new Student(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-student-')));
    const { user, port, hostKey } = told.jump!;
    const common = ['Host *', `  IdentityFile ${student.file('key')}`, '  IdentitiesOnly yes', `  UserKnownHostsFile ${student.file('known_hosts')}`, '  GlobalKnownHostsFile /dev/null',
      '  StrictHostKeyChecking yes', '  BatchMode yes', '  ConnectTimeout 10', '  ExitOnForwardFailure yes'];
    const hosts = told.nodes.flatMap(({ name, privateIp }) => [`Host ${name}`, `  HostName ${privateIp}`, '  User ubuntu', '  ProxyJump jump']);
    const known = told.nodes.map(({ privateIp, publicIp }) => `${privateIp} ${hostKeyOf(told, publicIp)}`);
    student.place('key', wrong.key ?? told.sshPrivateKey);
    student.place('known_hosts', `${[`[127.0.0.1]:${port} ${wrong.hostKey ?? hostKey}`, ...known].join('\n')}\n`);
    student.place('ssh_config', `${['Host jump', '  HostName 127.0.0.1', `  Port ${port}`, `  User ${user}`, ...hosts, ...common].join('\n')}\n`);
    fs.chownSync(student.directory, NOBODY, NOBODY);
    return student;
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }

  private place(name: string, content: string): void {
    fs.writeFileSync(this.file(name), content, { mode: 0o600 });
    fs.chownSync(this.file(name), NOBODY, NOBODY);
  }

  private asNobody(...command: string[]): string[] {
    return [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs', 'env', '-i', `PATH=${process.env.PATH}`, `HOME=${this.directory}`, ...command];
  }

  /** A program as an unprivileged user of a machine that has nothing to do with the lab. */
  runs(...command: string[]): Promise<Ran> {
    return run('setpriv', this.asNobody(...command), { minutes: 0.5 });
  }

  ssh(...args: string[]): Promise<Ran> {
    return this.runs('ssh', '-F', this.file('ssh_config'), ...args);
  }

  sftp(host: string): Promise<Ran> {
    return this.runs('sftp', '-F', this.file('ssh_config'), '-b', '/dev/null', host);
  }

  /** Connects to HOST:PORT by way of the jump host; what the other side said first, or why not. */
  reaches(target: string): Promise<Ran> {
    return this.ssh('-W', target, 'jump');
  }

  /** Leaves an ssh running, for a forwarding; it ends with `gone`. */
  keeps(...args: string[]): void {
    this.started.push(spawn('setpriv', this.asNobody('ssh', '-F', this.file('ssh_config'), '-N', ...args), { stdio: 'ignore' }));
  }

  gone(): void {
    for (const child of this.started) child.kill();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** uid and gid of nobody on Debian and its kin. */
const NOBODY = 65534;
