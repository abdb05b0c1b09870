import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { keyFiles } from '../../cli/classroom/cards/keys';
import { readOutputs, type StackOutputs } from '../../components/outputs';
import { labPrints, type Ran, run } from './command';

/** Reads a lab's outputs, with secrets, with plain Pulumi. */
export async function outputsOf(lab: string): Promise<StackOutputs> {
  const variables = await labPrints('env');
  const ran = await run('bash', [
    '-c',
    `${variables}\npulumi stack output --json --show-secrets --stack ${lab}`,
  ]);
  if (ran.code !== 0) throw new Error(`pulumi stack output exited ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as StackOutputs;
}

/**
 * Student on a laptop: has the files of a card in one folder and can reach the jump host's port, but has neither root
 * nor any file of the host.
 */
export class Student {
  private readonly started: ChildProcess[] = [];
  private constructor(private readonly directory: string) {}

  /** Creates a student. `key` replaces the lab's key, `hostKey` the jump host's. */
  static with(stack: StackOutputs, wrong: { key?: string; hostKey?: string } = {}): Student {
    const student = new Student(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-student-')));
    const outputs = readOutputs({ ...stack, sshPrivateKey: wrong.key ?? stack.sshPrivateKey });
    const jump = {
      host: '127.0.0.1',
      ...stack.jump!,
      ...(wrong.hostKey ? { hostKey: wrong.hostKey } : {}),
    };
    for (const { name, content } of keyFiles(outputs, jump)) student.place(name, content);
    fs.chownSync(student.directory, NOBODY, NOBODY);
    return student;
  }

  private place(name: string, content: string): void {
    const file = path.join(this.directory, name);
    fs.writeFileSync(file, content, { mode: 0o600 });
    fs.chownSync(file, NOBODY, NOBODY);
  }

  private asNobody(...command: string[]): string[] {
    return [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '--bounding-set=-all',
      '--no-new-privs',
      'env',
      '-i',
      '-C',
      this.directory,
      `PATH=${process.env.PATH}`,
      `HOME=${this.directory}`,
      ...command,
    ];
  }

  /** Runs a program as an unprivileged user who has no access to the lab's files. */
  runs(...command: string[]): Promise<Ran> {
    return run('setpriv', this.asNobody(...command), { minutes: 0.5 });
  }

  ssh(...args: string[]): Promise<Ran> {
    return this.runs('ssh', ...OPTIONS, ...args);
  }

  sftp(host: string): Promise<Ran> {
    return this.runs('sftp', ...OPTIONS, '-b', '/dev/null', host);
  }

  /** Connects to HOST:PORT through the jump host. Returns the first text of the other side, or ssh's error. */
  reaches(target: string): Promise<Ran> {
    return this.ssh('-W', target, 'jump');
  }

  /** Starts an ssh with a port forwarding, which runs until `gone`. */
  keeps(...args: string[]): void {
    this.started.push(
      spawn('setpriv', this.asNobody('ssh', ...OPTIONS, '-N', ...args), { stdio: 'ignore' }),
    );
  }

  gone(): void {
    for (const child of this.started) child.kill();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** ssh options of a card, with shorter time limits. */
const OPTIONS = [
  '-F',
  'ssh_config',
  ...['BatchMode=yes', 'ConnectTimeout=10', 'ExitOnForwardFailure=yes', 'LogLevel=INFO'].flatMap(
    (option) => ['-o', option],
  ),
];

/** uid and gid of the unprivileged user on Debian and Ubuntu. */
const NOBODY = 65534;
