import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import type { Login } from '../../components/outputs';
import { boundedRun, type Ran } from '../../util/bounded-run';

/** What ssh needs to log in to a lab's nodes. */
export interface SshOptions {
  user: string;
  keyFile: string;
  knownHostsFile: string;
  /** A private directory for the connections' sockets; short, as a socket's path must be below 100 characters. */
  directory: string;
  connectSeconds: number;
  /** Ends every session at once. */
  signal: AbortSignal;
}

/** A script on a node that goes on until it is released. */
export interface Held {
  /** The first line it printed: that it is ready. */
  line: string;
  /** Ends the script's input, which is its sign to clean up, and waits for it to end. */
  release(): Promise<void>;
}

const quote = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;

/** sshd admits 10 sessions a connection; one stays free for a held script. */
const SESSIONS = 8;

/** One node's connection, shared by all sessions to it. It lasts until closed, or until this process is gone. */
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

  /** ssh's own way by another node hands none of these settings on: it is spelt out. ssh puts `exec` before it. */
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

  /** Undefined when sessions can be opened, else why not. */
  private awaitReady(): Promise<string | undefined> {
    return new Promise((resolve) => {
      let stderr = '';
      const timer = setTimeout(
        () => {
          this.master.kill();
          resolve(`${this.login.host} did not answer in ${this.options.connectSeconds + 5} s`);
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
      this.master.on('close', () => settle(stderr.trim() || `ssh to ${this.login.host} ended`));
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

/** The first whole line a script prints; an Error with what it said on stderr if it ends, or says nothing, before. */
function firstLine(child: ChildProcess, seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    const timer = setTimeout(
      () => reject(new Error(`nothing printed in ${seconds} s`)),
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
      reject(new Error(stderr.trim() || stdout.trim() || `it exited ${code} and said nothing`));
    });
  });
}

/** ssh to a lab's nodes: one connection a node, opened when first needed, shared by every session after. */
export class OpenSsh {
  private readonly connections = new Map<string, Connection>();
  private readonly held = new Set<Held>();

  constructor(
    /** By node name. */
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

  /** Runs a bash script; exit code 255 and ssh's words on stderr where the node can't be reached. */
  run(node: string, script: string, seconds: number): Promise<Ran> {
    return this.connection(node).run(script, seconds);
  }

  /** Starts a bash script that prints a line when it is ready and cleans up when its input ends. */
  async hold(node: string, script: string, args: string[], seconds: number): Promise<Held> {
    const held = await this.connection(node).hold(script, args, seconds);
    this.held.add(held);
    return held;
  }

  /** Releases what is held and closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.held].map((one) => one.release()));
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
  }
}
