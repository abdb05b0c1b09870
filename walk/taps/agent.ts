import type { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Ran } from '../../util/bounded-run';
import { root } from '../../util/repo-root';
import { RUN_SECONDS, type Machine, type Program } from './machine';

/** Seconds after which an agent ends, even if no one tells it to. A walk takes less. */
const LIFETIME = 60;

/** Milliseconds until an agent must be ready, with a login by way of a gateway. */
const START_LIMIT = 15_000;

/**
 * Returns the words that start an agent. Nothing is copied to the node: Perl takes the program
 * from its command line. Every Ubuntu and Debian has Perl (package perl-base, Essential).
 */
export const agentWords = (): string[] => [
  'perl',
  '-e',
  fs.readFileSync(path.join(root, 'walk/taps/agent.pl'), 'utf8'),
  String(LIFETIME),
];

const hex = (text: string): string => Buffer.from(text).toString('hex');

/** Program that an agent runs. */
class AgentProgram implements Program {
  pid: number | undefined;
  hasEnded = false;
  code = -1;
  readonly errors: Buffer[] = [];
  readonly ended: Promise<void>;
  private readonly chunks: Buffer[] = [];
  private resolveEnded: () => void = () => undefined;

  constructor(private readonly send: (verb: string, data?: string) => void) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
  }

  /** Takes one event of the agent. */
  receive(kind: string, data: string): void {
    if (kind === 'pid') this.pid = Number(data);
    if (kind === 'out') this.chunks.push(Buffer.from(data, 'hex'));
    if (kind === 'err') this.errors.push(Buffer.from(data, 'hex'));
    if (kind === 'exit') this.end(Number(data));
  }

  end(code: number): void {
    this.code = code;
    this.hasEnded = true;
    this.resolveEnded();
  }

  output(): Buffer {
    return Buffer.concat(this.chunks);
  }

  takeErrors(): string {
    return Buffer.concat(this.errors.splice(0)).toString();
  }

  write(text: string): void {
    this.send('input', hex(text));
  }

  closeInput(): void {
    this.send('end');
  }

  signal(name: 'USR1' | 'KILL'): void {
    this.send('signal', name);
  }

  async stop(): Promise<void> {
    if (!this.hasEnded) this.signal('KILL');
    await this.ended;
  }
}

/** Machine whose programs an agent starts, over the agent's standard input and output. */
class AgentMachine implements Machine {
  // Each question takes a round trip.
  readonly patience = { ready: 8000, drain: 3000, interval: 40 };
  readonly ready: Promise<void>;
  private readonly programs = new Map<string, AgentProgram>();
  private readonly ended: Promise<void>;
  private pending = '';
  private errors = '';
  private count = 0;
  private isDead = false;

  constructor(
    readonly name: string,
    readonly tcpdump: string[],
    private readonly child: ChildProcess,
  ) {
    child.stdin!.on('error', () => undefined);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.errors += error.message;
        resolve();
      });
      child.on('close', () => resolve());
    });
    void this.ended.then(() => this.die());
    this.ready = this.awaitReady();
  }

  private awaitReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        this.child.kill('SIGKILL');
        reject(new Error(`${this.name}: ${reason}`));
      };
      const timer = setTimeout(() => fail(`no answer in ${START_LIMIT / 1000} s`), START_LIMIT);
      void this.ended.then(() => fail(this.errors.trim() || 'the login ended without a message'));
      this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        const lines = `${this.pending}${text}`.split('\n');
        this.pending = lines.pop()!;
        for (const line of lines) {
          const [kind, id, data = ''] = line.split(' ');
          this.programs.get(id)?.receive(kind, data);
          if (kind !== 'ready') continue;
          clearTimeout(timer);
          resolve();
        }
      });
    });
  }

  /** Ends all programs here. On the machine, they have ended with the agent. */
  private die(): void {
    this.isDead = true;
    for (const program of this.programs.values()) program.end(-1);
  }

  start(words: string[]): AgentProgram {
    const id = String((this.count += 1));
    const program = new AgentProgram((verb, data = '') =>
      this.child.stdin!.write(`${verb} ${id} ${data}\n`),
    );
    this.programs.set(id, program);
    this.child.stdin!.write(`start ${id} ${words.map(hex).join(' ')}\n`);
    if (this.isDead) program.end(-1);
    return program;
  }

  async run(words: string[], stdin = ''): Promise<Ran> {
    const program = this.start(words);
    if (stdin !== '') program.write(stdin);
    program.closeInput();
    const timer = setTimeout(() => program.signal('KILL'), RUN_SECONDS * 1000);
    await program.ended;
    clearTimeout(timer);
    const stderr = program.takeErrors() || (this.isDead ? `${this.name}: ${this.errors}` : '');
    return { code: program.code, stdout: program.output().toString(), stderr };
  }

  async read(file: string): Promise<string> {
    return (await this.run(['cat', file])).stdout;
  }

  async close(): Promise<void> {
    this.child.stdin!.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 2000);
    await this.ended;
    clearTimeout(timer);
  }
}

/**
 * Returns the machine of an agent that was started with `agentWords` as root. Rejects with the
 * message of ssh or sudo if the agent does not start.
 */
export async function agentMachine(
  name: string,
  child: ChildProcess,
  tcpdump = ['tcpdump'],
): Promise<Machine> {
  const machine = new AgentMachine(name, tcpdump, child);
  await machine.ready;
  return machine;
}
