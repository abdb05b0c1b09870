import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ALIAS, connectionKey, writeConfiguration, type Connection } from './connection';

/** sshd allows ten sessions a connection (MaxSessions), and the master's own is one of them. */
const SESSIONS = 8;

/** A connection idle for longer than this, in milliseconds, is asked whether it still lives. */
const TRUSTED = 5000;

/** How long the answer to that may take, in milliseconds. */
const PATIENCE = 5000;

/** Every ssh that this process started, for the end. */
const children = new Set<ChildProcess>();

/** Ends every ssh that this process started, for good. */
export function endConnections(): void {
  for (const child of children) child.kill('SIGKILL');
}

process.on('exit', endConnections);

/** Starts ssh, to be ended with this process. */
export function startSsh(
  args: string[],
  options: { stdin: 'pipe' | 'ignore'; env?: NodeJS.ProcessEnv; stderr?: 'pipe' | 'ignore' },
): ChildProcess {
  const child = spawn('ssh', args, {
    stdio: [options.stdin, 'pipe', options.stderr ?? 'pipe'],
    env: options.env ?? process.env,
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  child.on('error', () => children.delete(child));
  // A command that reads no input may end before it took all.
  child.stdin?.on('error', () => undefined);
  return child;
}

/** What ssh itself said in its log: the last line, which tells why it gave up. */
export function lastLine(log: string): string {
  const lines = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split(/\r?\n/) : [];
  return lines.at(-1) ?? '';
}

let counter = 0;

/** A path for a log of ssh's own messages, so that they don't mix with the command's. */
export const newLog = (configuration: string): string =>
  path.join(path.dirname(configuration), `log${++counter}`);

/**
 * One open connection that commands share, so that only the first pays for the handshake. Its own session runs `cat`
 * on the machine: what comes back proves that the machine lives, and when this process is gone (however it went) cat
 * meets the end of its input and the connection closes by itself.
 */
export class Master {
  sessions = 0;
  private lastUse = Date.now();
  private readonly ended = new AbortController();

  private constructor(
    private readonly child: ChildProcess,
    readonly configuration: string,
    readonly socket: string,
    why: () => string,
  ) {
    child.on('error', (error) =>
      this.ended.abort(
        new Error(`ssh can't be run (${error.message}); install the OpenSSH client`),
      ),
    );
    child.on('close', () => this.ended.abort(new Error(why() || 'the connection was closed')));
  }

  /** Dials, by way of `proxy` if there is one. Throws an Error with ssh's own words when the machine can't be reached or doesn't let us in. */
  static async open(connection: Connection, proxy?: Master): Promise<Master> {
    const proxyLog = proxy && newLog(proxy.configuration);
    const configuration = writeConfiguration(
      connection,
      proxy &&
        `ssh -F ${proxy.configuration} -S ${proxy.socket} -E ${proxyLog} -W [%h]:%p -- ${ALIAS}`,
    );
    const log = newLog(configuration);
    const socket = path.join(path.dirname(configuration), `s${++counter}`);
    const child = startSsh(
      ['-F', configuration, '-M', '-S', socket, '-E', log, '--', ALIAS, 'cat'],
      { stdin: 'pipe', stderr: 'ignore' },
    );
    const noWay = (): string => (proxyLog ? lastLine(proxyLog) : '');
    const master = new Master(child, configuration, socket, () =>
      noWay() ? `the proxy opens no way to it: ${noWay()}` : lastLine(log),
    );
    try {
      await master.echo(master.ended.signal);
      return master;
    } catch {
      throw master.ended.signal.reason;
    }
  }

  /** Sends a line through the machine and waits for it: the control socket is open by then. Throws when `signal` aborts. */
  private async echo(signal: AbortSignal): Promise<void> {
    const answer = once(this.child.stdout!, 'data', { signal });
    this.child.stdin!.write('\n');
    await answer;
  }

  get usable(): boolean {
    return !this.ended.signal.aborted && this.sessions < SESSIONS;
  }

  /** Whether the machine at the other end still answers. */
  async lives(): Promise<boolean> {
    if (this.ended.signal.aborted) return false;
    if (this.sessions > 0 || Date.now() - this.lastUse < TRUSTED) return true;
    try {
      await this.echo(AbortSignal.any([this.ended.signal, AbortSignal.timeout(PATIENCE)]));
      return true;
    } catch {
      return false;
    }
  }

  enter(): void {
    this.sessions++;
  }

  leave(): void {
    this.sessions--;
    this.lastUse = Date.now();
  }

  close(): void {
    this.child.kill('SIGTERM');
  }
}

/** Open connections and those being opened, by connection. */
const open = new Map<string, Set<Master>>();
const opening = new Map<string, Promise<Master>>();

/** By way of what a machine is reached: an open connection to its proxy, entered. */
export type Way = () => Promise<Master>;

async function openBy(connection: Connection, way: Way | undefined): Promise<Master> {
  const proxy = await way?.();
  try {
    return await Master.open(connection, proxy);
  } finally {
    // What goes on through it is no session of its own.
    proxy?.leave();
  }
}

/** One attempt at a connection with room for a session. Attempts at the same connection at the same time are one. */
async function attempt(connection: Connection, way: Way | undefined): Promise<Master> {
  const key = connectionKey(connection);
  const masters = open.get(key) ?? new Set();
  open.set(key, masters);
  for (const master of [...masters]) {
    if (!master.usable) continue;
    if (await master.lives()) return master;
    masters.delete(master);
    master.close();
  }
  let dial = opening.get(key);
  if (!dial) {
    dial = openBy(connection, way).finally(() => opening.delete(key));
    opening.set(key, dial);
    dial.then(
      (master) => masters.add(master),
      () => undefined,
    );
  }
  return dial;
}

/** A connection with room for one more session, which the caller has entered and must leave. Throws as `way` and Master.open. */
export async function enterMaster(connection: Connection, way?: Way): Promise<Master> {
  for (;;) {
    const master = await attempt(connection, way);
    // Others waited for the same one, and it may be full by now.
    if (!master.usable) continue;
    master.enter();
    return master;
  }
}
