import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { workspaceDirectory } from './workspace';

/** How a machine is reached, as the real plugin declares it of a proxy. */
export interface ProxyConnection {
  host: string;
  /** Default 22. */
  port?: number;
  /** Default root. */
  user?: string;
  privateKey?: string;
  /** `TYPE BASE64`; without it any host key is taken, as the real plugin does. */
  hostKey?: string;
  /** Default: the environment's SSH_AUTH_SOCK. */
  agentSocketPath?: string;
  /** How many failed dials are one too many; -1: never. Default 10. */
  dialErrorLimit?: number;
  /** Seconds; 0: no limit. Default 15. */
  perDialTimeout?: number;
}

/** How a command's machine is reached. */
export interface Connection extends ProxyConnection {
  /** The machine by way of which; it is dialled first, as often as its own dialErrorLimit says. */
  proxy?: ProxyConnection;
}

/** What the real plugin takes and this one doesn't, with what to do. */
const REFUSED: Record<string, string> = {
  password: 'needs a private key instead of a password',
  privateKeyPassword: 'needs a private key without a passphrase',
};

/**
 * What may be a name: they go into a configuration file of ssh's, a line each, and a host into the command by which a proxy
 * reaches it, which a shell reads.
 */
const NAMES: Record<string, { form: RegExp; words: string }> = {
  host: { form: /^[A-Za-z0-9_:][A-Za-z0-9_:.-]*$/, words: 'an address or a host name' },
  user: { form: /^[^\s"'\\%-][^\s"'\\%]*$/, words: 'a name without spaces, quotes, \\ or %' },
};

const NUMBERS: [name: string, least: number, most: number][] = [
  ['port', 1, 65535],
  ['dialErrorLimit', -1, Infinity],
  ['perDialTimeout', 0, Infinity],
];

/** Every mistake in a connection, a sentence each; `at` is what the properties are called by. */
export function connectionMistakes(connection: unknown, at = 'connection'): string[] {
  if (connection === null || typeof connection !== 'object')
    return [`${at} must be an object with a host`];
  const given = connection as Record<string, unknown>;
  const mistakes: string[] = [];
  for (const [name, { form, words }] of Object.entries(NAMES)) {
    const value = given[name];
    if (value === undefined && name !== 'host') continue;
    if (typeof value !== 'string' || !form.test(value))
      mistakes.push(`${at}.${name} must be ${words}`);
  }
  for (const [name, least, most] of NUMBERS) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      mistakes.push(
        `${at}.${name} must be a whole number from ${least}${most === Infinity ? ' up' : ` to ${most}`}`,
      );
    }
  }
  if (given.hostKey !== undefined && !/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+/.test(String(given.hostKey))) {
    mistakes.push(`${at}.hostKey must be a public key line: its type and its base64 text`);
  }
  for (const [name, reason] of Object.entries(REFUSED)) {
    if (given[name] !== undefined && given[name] !== null)
      mistakes.push(`${at}.${name}: this stand-in for the command plugin ${reason}`);
  }
  if (given.proxy === undefined || given.proxy === null) return mistakes;
  return [
    ...mistakes,
    ...(at === 'connection'
      ? connectionMistakes(given.proxy, 'connection.proxy')
      : [`${at}.proxy: a proxy is reached without another`]),
  ];
}

/** Connections that reach the same machine in the same way have the same key, however patient they are. */
export function connectionKey({
  host,
  port,
  user,
  privateKey,
  hostKey,
  agentSocketPath,
  perDialTimeout,
  proxy,
}: Connection): string {
  const identity = JSON.stringify([
    host,
    port,
    user,
    privateKey,
    hostKey,
    agentSocketPath,
    perDialTimeout,
    proxy && connectionKey(proxy),
  ]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 12);
}

/** What the machine is called in our own configuration files; its host key is known by this name. */
export const ALIAS = 'machine';

/** RSA keys sign by newer algorithms than the one they are named for. */
const hostKeyAlgorithms = (type: string): string =>
  type === 'ssh-rsa' ? 'rsa-sha2-512,rsa-sha2-256,ssh-rsa' : type;

function hostKeyLines(directory: string, hostKey: string | undefined): string[] {
  if (!hostKey) return ['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null'];
  const [type, text] = hostKey.trim().split(/\s+/);
  const knownHosts = path.join(directory, 'known_hosts');
  fs.writeFileSync(knownHosts, `${ALIAS} ${type} ${text}\n`, { mode: 0o600 });
  return [
    'StrictHostKeyChecking yes',
    `UserKnownHostsFile ${knownHosts}`,
    `HostKeyAlgorithms ${hostKeyAlgorithms(type)}`,
  ];
}

function identityLines(directory: string, connection: Connection): string[] {
  if (!connection.privateKey)
    return connection.agentSocketPath ? [`IdentityAgent "${connection.agentSocketPath}"`] : [];
  const identity = path.join(directory, 'identity');
  fs.writeFileSync(identity, `${connection.privateKey.trim()}\n`, { mode: 0o600 });
  return [`IdentityFile ${identity}`, 'IdentitiesOnly yes', 'IdentityAgent none'];
}

/**
 * Writes what ssh needs to know of a connection into the workspace: nothing secret, and nothing that the user chose,
 * but the host that a proxy is to reach, goes through a command line. `proxyCommand` is what ssh speaks to the machine by,
 * where it has a proxy. Returns the configuration file's path.
 */
export function writeConfiguration(connection: Connection, proxyCommand?: string): string {
  const directory = path.join(workspaceDirectory(), connectionKey(connection));
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'config');
  const lines = [
    `Host ${ALIAS}`,
    `HostName ${connection.host}`,
    `HostKeyAlias ${ALIAS}`,
    `Port ${connection.port ?? 22}`,
    `User ${connection.user ?? 'root'}`,
    `ConnectTimeout ${connection.perDialTimeout ?? 15}`,
    ...hostKeyLines(directory, connection.hostKey),
    ...identityLines(directory, connection),
    ...(proxyCommand ? [`ProxyCommand ${proxyCommand}`] : []),
    'GlobalKnownHostsFile /dev/null',
    'CheckHostIP no',
    'UpdateHostKeys no',
    'BatchMode yes',
    'PreferredAuthentications publickey',
    'LogLevel ERROR',
    'RequestTTY no',
    'ForwardAgent no',
    'ForwardX11 no',
    // A machine that vanished is given up after two minutes, not when TCP does.
    'ServerAliveInterval 15',
    'ServerAliveCountMax 8',
    'SendEnv PULUMI_COMMAND_STDOUT PULUMI_COMMAND_STDERR',
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}
