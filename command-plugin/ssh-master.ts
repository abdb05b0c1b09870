import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import * as path from 'node:path';
import { readIfExists } from '../util/existing-files';
import { ALIAS, connectionKey, writeConfiguration, type Connection } from './connection';

/**
 * Sessions per connection. sshd permits ten (MaxSessions), one of which belongs to the master
 * itself.
 */
const SESSIONS = 8;

/** Milliseconds without use after which a connection is tested before it is reused. */
const TRUSTED = 5000;

/** Milliseconds to wait for the answer to that test. */
const PATIENCE = 5000;

/** Running ssh processes that this process started. */
const children = new Set<ChildProcess>();

/** Kills every ssh process that this process started. */
export function endConnections(): void {
  for (const child of children) child.kill('SIGKILL');
}

process.on('exit', endConnections);

/** Starts ssh. The ssh process is killed when this process exits. */
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
  // A command may end before it has read its input.
  child.stdin?.on('error', () => undefined);
  return child;
}

/** Returns the last line of ssh's log, which says why ssh gave up; '' if there is none. */
export function lastLine(log: string): string {
  const lines = (readIfExists(log) ?? '').trim().split(/\r?\n/);
  return lines.at(-1) ?? '';
}

let counter = 0;

/** Returns a new path for a log of ssh's own messages, separate from the command's output. */
export const newLog = (configuration: string): string =>
  path.join(path.dirname(configuration), `log${++counter}`);

/**
 * An open SSH connection that commands share, so that only the first command pays for the
 * handshake.
 * Its own session runs `cat` on the node: an echo proves that the node answers. If this process
 * ends for any reason, `cat` reaches the end of its input and the connection closes.
 */
export class Master {
  sessions = 0;
  private lastUse = Date.now();
  private readonly ended = new AbortController();

  private constructor(
    private readonly child: ChildProcess,
    readonly configuration: string,
    readonly socket: string,
    closeReason: () => string,
  ) {
    child.on('error', (error) =>
      this.ended.abort(
        new Error(`ssh can't be started (${error.message}): install the OpenSSH client`),
      ),
    );
    child.on('close', () =>
      this.ended.abort(new Error(closeReason() || 'the connection was closed')),
    );
  }

  /**
   * Connects, through `proxy` if given. Throws an Error with ssh's message if the host cannot be
   * reached or refuses the login.
   */
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
    const master = new Master(child, configuration, socket, () => {
      const proxyError = lastLine(proxyLog ?? '');
      if (proxyError) return `the proxy can't connect: ${proxyError}`;
      return lastLine(log);
    });
    try {
      await master.echo(master.ended.signal);
      return master;
    } catch {
      throw master.ended.signal.reason;
    }
  }

  /**
   * Sends a line to the node's `cat` and waits for the echo. By then the control socket is open.
   * Throws when `signal` aborts.
   */
  private async echo(signal: AbortSignal): Promise<void> {
    const answer = once(this.child.stdout!, 'data', { signal });
    this.child.stdin!.write('\n');
    await answer;
  }

  get usable(): boolean {
    return !this.ended.signal.aborted && this.sessions < SESSIONS;
  }

  /** Returns true if the node still answers. */
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

/** Open connections, and connections that are being opened, by key. */
const open = new Map<string, Set<Master>>();
const opening = new Map<string, Promise<Master>>();

/** Connects to the proxy of a host. Returns the connection with a reserved session. */
export type ProxyConnector = () => Promise<Master>;

async function openThroughProxy(
  connection: Connection,
  connectToProxy: ProxyConnector | undefined,
): Promise<Master> {
  const proxy = await connectToProxy?.();
  try {
    return await Master.open(connection, proxy);
  } finally {
    // Forwarded connections do not count as sessions of the proxy.
    proxy?.leave();
  }
}

/**
 * Tries once to get a connection with a free session. Simultaneous attempts for the same connection
 * share one dial.
 */
async function attempt(
  connection: Connection,
  connectToProxy: ProxyConnector | undefined,
): Promise<Master> {
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
    dial = openThroughProxy(connection, connectToProxy).finally(() => opening.delete(key));
    opening.set(key, dial);
    dial.then(
      (master) => masters.add(master),
      () => undefined,
    );
  }
  return dial;
}

/**
 * Returns a connection and reserves a session on it. The caller must call `leave`. Throws the
 * errors of `connectToProxy` and `Master.open`.
 */
export async function enterMaster(
  connection: Connection,
  connectToProxy?: ProxyConnector,
): Promise<Master> {
  for (;;) {
    const master = await attempt(connection, connectToProxy);
    // Other callers waited for the same connection and may have used all its sessions.
    if (!master.usable) continue;
    master.enter();
    return master;
  }
}
