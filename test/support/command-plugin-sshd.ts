import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { generateSshKey } from '../../provider/tls/ssh';
import type { Connection } from '../../command-plugin/connection';

const SSHD = '/usr/sbin/sshd';

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Real sshd on a free port of 127.0.0.1, for the user who runs the tests. */
export class Sshd {
  private child: ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly port: number,
    readonly clientKey: string,
    readonly hostKey: string,
  ) {}

  static async prepare(): Promise<Sshd> {
    if (!fs.existsSync(SSHD)) throw new Error(`these tests need ${SSHD}: install openssh-server`);
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-sshd-'));
    const [client, host] = [generateSshKey('client'), generateSshKey('host')];
    const port = await freePort();
    const file = (name: string, text: string): string => {
      const place = path.join(directory, name);
      fs.writeFileSync(place, text, { mode: 0o600 });
      return place;
    };
    file(
      'sshd_config',
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${file('host', host.privateKey)}`,
        `AuthorizedKeysFile ${file('authorized_keys', `${client.publicKey}\n`)}`,
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'UsePAM no',
        'StrictModes no',
        'AcceptEnv PULUMI_COMMAND_*',
        'PidFile none',
        '',
      ].join('\n'),
    );
    if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true });
    return new Sshd(directory, port, client.privateKey, host.publicKey);
  }

  start(): void {
    this.child = spawn(SSHD, ['-D', '-e', '-f', path.join(this.directory, 'sshd_config')], {
      stdio: ['ignore', 'ignore', fs.openSync(path.join(this.directory, 'log'), 'a')],
    });
  }

  /** Returns the number of logins. */
  logins(): number {
    return (
      fs.readFileSync(path.join(this.directory, 'log'), 'utf8').match(/Accepted publickey/g) ?? []
    ).length;
  }

  connection(changes: Partial<Connection> = {}): Connection {
    return {
      host: '127.0.0.1',
      port: this.port,
      user: os.userInfo().username,
      privateKey: this.clientKey,
      hostKey: this.hostKey,
      dialErrorLimit: 20,
      ...changes,
    };
  }

  private async end(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
  }

  /** Ends sshd with all its connections, and starts it again. */
  async restart(): Promise<void> {
    const sessions = execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.child!.pid)], {
      encoding: 'utf8',
    })
      .split('\n')
      .filter(Boolean);
    await this.end();
    for (const pid of sessions) process.kill(Number(pid));
    this.start();
  }

  async stop(): Promise<void> {
    await this.end();
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Lists the command lines of all processes that contain `text`. */
export function processesWith(text: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args', '--width', '100000'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text));
}
