import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import type { Login } from '../../components/outputs';
import { boundedRun, type Ran } from '../../util/bounded-run';

/** Settings with which ssh logs in to a lab's nodes. */
export interface SshOptions {
  user: string;
  keyFile: string;
  knownHostsFile: string;
  /** Private directory for the connections' sockets. A short path: a socket's path is limited to about 100 characters. */
  directory: string;
  connectSeconds: number;
  /** Ends every session immediately. */
  signal: AbortSignal;
}

/** Script on a node that runs until it is released. */
export interface Held {
  /** First line of the script's output, which says that it is ready. */
  line: string;
  /** Closes the script's input, upon which it cleans up, and waits until it has ended. */
  release(): Promise<void>;
}

const quote = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;

/** Limit of sessions on one connection. sshd allows 10; some stay free for held scripts. */
const SESSIONS = 8;

/** Connection to one node, shared by all sessions. It lasts until it is closed or until this process ends. */
class Connection {
  private readonly master: ChildProcess;
  private readonly ready: Promise<string | undefined>;
  private readonly waiting: (() => void)[] = [];
  private sessions = 0;

  constructor(
    private readonly login: Login,
    name: string,
    private readonly options: SshOptions,
  ) {
    const socket = path.join(options.directory, name);
    this.master = spawn(
      'ssh',
      [
        ...this.common(socket),
        '-o',
        'ControlMaster=yes',
        this.target(),
        'echo ready; exec cat > /dev/null',
      ],
      {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    this.session = [...this.common(socket), '-o', 'ControlMaster=no', this.target()];
    this.ready = this.awaitReady();
  }

  private readonly session: string[];

  private target(): string {
    return `${this.options.user}@${this.login.host}`;
  }

  /**
   * Returns the ProxyCommand for a login through a gateway. ssh's own ProxyJump would not pass on these settings.
   * ssh puts `exec` before the command.
   */
  private proxy(): Record<string, string> {
    const { through } = this.login;
    if (!through) return {};
    const args = [...this.settings({}), '-W', '[%h]:%p', `${this.options.user}@${through.host}`];
    return { ProxyCommand: `ssh ${args.map(quote).join(' ')}` };
  }

  private common(socket: string): string[] {
    return this.settings({ ...this.proxy(), ControlPath: `"${socket}"`, ControlPersist: 'no' });
  }

  private settings(more: Record<string, string>): string[] {
    const { keyFile, knownHostsFile, connectSeconds } = this.options;
    const settings = {
      BatchMode: 'yes',
      IdentityFile: `"${keyFile}"`,
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      StrictHostKeyChecking: 'yes',
      UserKnownHostsFile: `"${knownHostsFile}"`,
      GlobalKnownHostsFile: '/dev/null',
      ConnectTimeout: String(connectSeconds),
      ServerAliveInterval: '5',
      ServerAliveCountMax: '3',
      LogLevel: 'ERROR',
      ...more,
    };
    return [
      '-F',
      '/dev/null',
      ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ];
  }

  /** Resolves to `undefined` when sessions can be opened, else to the reason why not. */
  private awaitReady(): Promise<string | undefined> {
    return new Promise((resolve) => {
      let stderr = '';
      const timer = setTimeout(
        () => {
          this.master.kill();
          resolve(`no answer in ${this.options.connectSeconds + 5} s`);
        },
        (this.options.connectSeconds + 5) * 1000,
      );
      const settle = (problem?: string): void => {
        clearTimeout(timer);
        resolve(problem);
      };
      this.master.stdin!.on('error', () => undefined);
      this.master.stderr!.on('data', (chunk) => (stderr += chunk));
      this.master.stdout!.on('data', () => settle());
      this.master.on('error', (error) => settle(`can't run ssh: ${error.message}`));
      this.master.on('close', () => settle(stderr.trim() || 'ssh ended without a message'));
    });
  }

  private async slot<T>(use: () => Promise<T>): Promise<T> {
    if (this.sessions >= SESSIONS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.sessions += 1;
    try {
      return await use();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.sessions -= 1;
    }
  }

  async run(script: string, seconds: number): Promise<Ran> {
    const problem = await this.ready;
    if (problem !== undefined) return { code: 255, stdout: '', stderr: problem };
    const { signal } = this.options;
    return this.slot(() =>
      boundedRun('ssh', [...this.session, `bash -c ${quote(script)}`], { seconds, signal }),
    );
  }

  async start(words: string[]): Promise<ChildProcess> {
    const problem = await this.ready;
    if (problem !== undefined) throw new Error(problem);
    return spawn('ssh', [...this.session, words.map(quote).join(' ')], {
      detached: true,
      stdio: 'pipe',
    });
  }

  async hold(script: string, args: string[], seconds: number): Promise<Held> {
    const problem = await this.ready;
    if (problem !== undefined) throw new Error(problem);
    const command = `bash -c ${quote(script)} bash ${args.map(quote).join(' ')}`;
    const child = spawn('ssh', [...this.session, command], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    const release = async (): Promise<void> => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
      await ended;
      clearTimeout(timer);
    };
    const line = await firstLine(child, seconds).catch(async (error) => {
      await release();
      throw error;
    });
    return { line, release };
  }

  async close(): Promise<void> {
    if (this.master.exitCode !== null || this.master.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.master.on('close', () => resolve()));
    this.master.stdin!.end();
    const timer = setTimeout(() => this.master.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * Resolves to the first complete line of a script's output. Rejects with the script's stderr if the script ends
 * before, or if no line comes in time.
 */
function firstLine(child: ChildProcess, seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    const timer = setTimeout(
      () => reject(new Error(`the script printed nothing in ${seconds} s`)),
      seconds * 1000,
    );
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (!stdout.includes('\n')) return;
      clearTimeout(timer);
      resolve(stdout.slice(0, stdout.indexOf('\n')));
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      const message = `the script exited ${code} without a message`;
      reject(new Error(stderr.trim() || stdout.trim() || message));
    });
  });
}

/** ssh to a lab's nodes: one connection for each node, opened on first use and shared by all later sessions. */
export class OpenSsh {
  private readonly connections = new Map<string, Connection>();
  private readonly held = new Set<Held>();

  constructor(
    /** Login of each node, by node name. */
    private readonly logins: Map<string, Login>,
    private readonly options: SshOptions,
  ) {}

  private connection(node: string): Connection {
    const known = this.connections.get(node);
    if (known) return known;
    const login = this.logins.get(node);
    if (login === undefined) throw new Error(`the lab has no node ${node}`);
    const made = new Connection(login, node, this.options);
    this.connections.set(node, made);
    return made;
  }

  /** Runs a bash script. If the node can't be reached, returns exit code 255 and ssh's message as stderr. */
  run(node: string, script: string, seconds: number): Promise<Ran> {
    return this.connection(node).run(script, seconds);
  }

  /** Starts a program whose input and output the caller uses. Rejects if the node can't be reached. */
  start(node: string, words: string[]): Promise<ChildProcess> {
    return this.connection(node).start(words);
  }

  /** Starts a bash script that prints a line when it is ready and cleans up when its input ends. */
  async hold(node: string, script: string, args: string[], seconds: number): Promise<Held> {
    const held = await this.connection(node).hold(script, args, seconds);
    this.held.add(held);
    return held;
  }

  /** Releases every held script and closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.held].map((one) => one.release()));
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
  }
}
