import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { keyFiles } from '../../cli/classroom/cards/keys';
import { readOutputs, type StackOutputs } from '../../components/outputs';
import { labPrints, type Ran, run } from './command';

/** What a stack tells of itself, secrets too. */
export type Told = StackOutputs;

/** A lab's outputs, as plain Pulumi shows them. */
export async function outputsOf(lab: string): Promise<Told> {
  const variables = await labPrints('env');
  const ran = await run('bash', [
    '-c',
    `${variables}\npulumi stack output --json --show-secrets --stack ${lab}`,
  ]);
  if (ran.code !== 0) throw new Error(`pulumi stack output exited ${ran.code}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as Told;
}

/** Somebody on a laptop, with the files of a card in one folder and nothing else: no root, no file of the lab's machine, and a way to its jump host's port. */
export class Student {
  private readonly started: ChildProcess[] = [];
  private constructor(private readonly directory: string) {}

  /** `key`: another than the lab's own; `hostKey`: another than the jump host's. */
  static with(told: Told, wrong: { key?: string; hostKey?: string } = {}): Student {
    const student = new Student(fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-student-')));
    const outputs = readOutputs({ ...told, sshPrivateKey: wrong.key ?? told.sshPrivateKey });
    const jump = {
      host: '127.0.0.1',
      ...told.jump!,
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

  /** A program as an unprivileged user of a machine that has nothing to do with the lab. */
  runs(...command: string[]): Promise<Ran> {
    return run('setpriv', this.asNobody(...command), { minutes: 0.5 });
  }

  ssh(...args: string[]): Promise<Ran> {
    return this.runs('ssh', ...OPTIONS, ...args);
  }

  sftp(host: string): Promise<Ran> {
    return this.runs('sftp', ...OPTIONS, '-b', '/dev/null', host);
  }

  /** Connects to HOST:PORT by way of the jump host; what the other side said first, or why not. */
  reaches(target: string): Promise<Ran> {
    return this.ssh('-W', target, 'jump');
  }

  /** Leaves an ssh running, for a forwarding; it ends with `gone`. */
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

/** As a card has it typed, but for what no test can wait for. */
const OPTIONS = [
  '-F',
  'ssh_config',
  ...['BatchMode=yes', 'ConnectTimeout=10', 'ExitOnForwardFailure=yes', 'LogLevel=INFO'].flatMap(
    (option) => ['-o', option],
  ),
];

/** uid and gid of nobody on Debian and its kin. */
const NOBODY = 65534;
