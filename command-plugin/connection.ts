import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { itemsIf } from '../util/optional';
import { workspaceDirectory } from './workspace';

/** SSH connection to a proxy, with the properties that the official plugin declares. */
export interface ProxyConnection {
  host: string;
  /** Default 22. */
  port?: number;
  /** Default root. */
  user?: string;
  privateKey?: string;
  /** `TYPE BASE64`. Without it every host key is accepted, as in the official plugin. */
  hostKey?: string;
  /** Path of the SSH agent's socket. Default: $SSH_AUTH_SOCK. */
  agentSocketPath?: string;
  /** Number of failed dials after which to give up; -1: never. Default 10. */
  dialErrorLimit?: number;
  /** Seconds that one dial may take; 0: no limit. Default 15. */
  perDialTimeout?: number;
}

/** SSH connection to the node on which a command runs. */
export interface Connection extends ProxyConnection {
  /** Proxy to connect through. It is dialled first, with its own dialErrorLimit. */
  proxy?: ProxyConnection;
}

/** Properties of the official plugin that the stand-in rejects, with the alternative. */
const REFUSED: Record<string, string> = {
  password: 'needs a private key instead of a password',
  privateKeyPassword: 'needs a private key without a passphrase',
};

/**
 * Permitted names. They are written to ssh's configuration file, one per line. A proxied host also
 * becomes part of a command that a shell runs.
 */
const NAMES: Record<string, { form: RegExp; description: string }> = {
  host: { form: /^[A-Za-z0-9_:][A-Za-z0-9_:.-]*$/, description: 'an address or a host name' },
  user: { form: /^[^\s"'\\%-][^\s"'\\%]*$/, description: 'a name without spaces, quotes, \\ or %' },
};

const NUMBERS: [name: string, least: number, most: number][] = [
  ['port', 1, 65535],
  ['dialErrorLimit', -1, Infinity],
  ['perDialTimeout', 0, Infinity],
];

/** Returns every mistake in a connection, one sentence each. `at` prefixes the property names. */
export function connectionMistakes(connection: unknown, at = 'connection'): string[] {
  if (connection === null || typeof connection !== 'object')
    return [`${at} must be an object with a host`];
  const given = connection as Record<string, unknown>;
  const mistakes: string[] = [];
  for (const [name, { form, description }] of Object.entries(NAMES)) {
    const value = given[name];
    if (value === undefined && name !== 'host') continue;
    if (typeof value !== 'string' || !form.test(value))
      mistakes.push(`${at}.${name} must be ${description}`);
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
      mistakes.push(`${at}.${name}: the stand-in for the command plugin ${reason}`);
  }
  if (given.proxy === undefined || given.proxy === null) return mistakes;
  if (at === 'connection')
    return [...mistakes, ...connectionMistakes(given.proxy, 'connection.proxy')];
  return [...mistakes, `${at}.proxy: a proxy must be reachable without another proxy`];
}

/**
 * Returns the same key for connections to the same host in the same way. Retry limits do not
 * matter.
 */
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

/** Name of the node in the generated ssh configuration, and of its host key. */
export const ALIAS = 'machine';

/** Signature algorithms of a host key type. RSA keys use newer algorithms than their type names. */
function hostKeyAlgorithms(type: string): string {
  if (type === 'ssh-rsa') return 'rsa-sha2-512,rsa-sha2-256,ssh-rsa';
  return type;
}

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
    return itemsIf(connection.agentSocketPath, `IdentityAgent "${connection.agentSocketPath}"`);
  const identity = path.join(directory, 'identity');
  fs.writeFileSync(identity, `${connection.privateKey.trim()}\n`, { mode: 0o600 });
  return [`IdentityFile ${identity}`, 'IdentitiesOnly yes', 'IdentityAgent none'];
}

/**
 * Writes ssh's configuration of a connection into the workspace, so that no secret appears in a
 * command line. User input appears in none either, except the host that a proxy connects to.
 * `proxyCommand` connects ssh to a proxied host. Returns the path of the configuration.
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
    ...itemsIf(proxyCommand, `ProxyCommand ${proxyCommand}`),
    'GlobalKnownHostsFile /dev/null',
    'CheckHostIP no',
    'UpdateHostKeys no',
    'BatchMode yes',
    'PreferredAuthentications publickey',
    'LogLevel ERROR',
    'RequestTTY no',
    'ForwardAgent no',
    'ForwardX11 no',
    // Gives up an unresponsive node after two minutes, before TCP does.
    'ServerAliveInterval 15',
    'ServerAliveCountMax 8',
    'SendEnv PULUMI_COMMAND_STDOUT PULUMI_COMMAND_STDERR',
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}
