import * as fs from 'node:fs';
import * as path from 'node:path';
import { renderFile } from '../../../util/render';
import { labDirectory } from '../shared/names';
import { routerAddress } from '../router/router';

export interface JumpHostInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  publicPool: string;
  publicCidr: string;
  /** Address of the host in the lab's public /24. */
  hostIp: string;
  /** Nodes that students may connect to, on any port. */
  nodes: { name: string; privateIp: string }[];
  /** Address of the API's load balancer, also permitted. */
  api: { address: string; port: number };
  /** CIDRs outside the host that may connect. */
  sources: string[];
  hostPublicKey: string;
  hostPrivateKey: string;
  /** Line of authorized_keys: the lab's key. */
  authorizedKey: string;
  tree: string;
  /** User name of the students. */
  user: string;
  /** Port on the host, unique to the lab. */
  port: number;
  /** User id of the jump host's processes, unique to the lab. */
  userId: number;
}

/**
 * Port of the jump host's sshd in the router. At least 1024, because the sshd runs without root.
 */
export const SSHD_PORT = 2222;

/** Name of the only user. */
export const USER = 'student';

/**
 * First user id. Ids follow those of Debian and systemd and precede those of containers. One per
 * lab, so that process limits apply per lab.
 */
const FIRST_USER_ID = 70_000;
export const userIdOf = (slot: number): number => FIRST_USER_ID + slot;

/** Returns the path of a file of the jump host; without `file`, of its directory. */
export const jumpHostFile = (lab: string, file = ''): string =>
  path.join(labDirectory(lab), 'jump', file);

/** Returns the address of the sshd: the router's address in the lab's public /24. */
export const sshdAddress = ({ publicCidr }: Pick<JumpHostInputs, 'publicCidr'>): string =>
  routerAddress(publicCidr);

export function sshdConfig(inputs: JumpHostInputs): string {
  const nodes = inputs.nodes.flatMap(({ name, privateIp }) => [`${privateIp}:*`, `${name}:*`]);
  return renderFile('provider/local/jump-host/sshd_config', {
    ADDRESS: sshdAddress(inputs),
    PORT: SSHD_PORT,
    USER,
    OPEN: [...nodes, `${inputs.api.address}:${inputs.api.port}`].join(' '),
  });
}

export function relayConfig(inputs: JumpHostInputs): string {
  // One line per CIDR, because HAProxy reads at most 64 words per line.
  const admitted = inputs.sources.map((cidr) => `    acl admitted src ${cidr}`).join('\n');
  return renderFile('provider/local/jump-host/haproxy.cfg', {
    EMPTY: jumpHostFile(inputs.lab, 'empty'),
    OUTSIDE: inputs.port,
    ADMITTED: admitted,
    ADDRESS: sshdAddress(inputs),
    PORT: SSHD_PORT,
  });
}

/**
 * Returns the complete /etc of the jump host: files of the sshd, the user, and the names of the
 * lab's nodes.
 */
function etc(inputs: JumpHostInputs): Record<string, string> {
  const id = inputs.userId;
  return {
    passwd: `${USER}:*:${id}:${id}:a student of lab ${inputs.lab}:/:/usr/sbin/nologin\n`,
    group: `${USER}:*:${id}:\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
    hosts: inputs.nodes.map(({ name, privateIp }) => `${privateIp} ${name}\n`).join(''),
    'ssh/sshd_config': sshdConfig(inputs),
    'ssh/authorized_keys': `restrict,port-forwarding ${inputs.authorizedKey.trim()}\n`,
  };
}

/** Writes all files of the jump host; removes the previous ones. */
export function writeFiles(inputs: JumpHostInputs): void {
  fs.rmSync(jumpHostFile(inputs.lab), { recursive: true, force: true });
  fs.mkdirSync(jumpHostFile(inputs.lab), { recursive: true, mode: 0o700 });
  for (const name of ['root', 'empty', 'etc', 'etc/ssh']) {
    const directory = jumpHostFile(inputs.lab, name);
    fs.mkdirSync(directory);
    // Sets the mode explicitly, independent of the umask: readers of these directories are not
    // root.
    fs.chmodSync(directory, 0o755);
  }
  const write = (name: string, content: string, mode: number, owner = 0): void => {
    const file = jumpHostFile(inputs.lab, name);
    fs.writeFileSync(file, content, { mode: 0o600 });
    fs.chownSync(file, owner, owner);
    fs.chmodSync(file, mode);
  };
  for (const [file, content] of Object.entries(etc(inputs))) write(`etc/${file}`, content, 0o644);
  write('etc/ssh/host_key', `${inputs.hostPrivateKey.trim()}\n`, 0o400, inputs.userId);
  write('haproxy.cfg', relayConfig(inputs), 0o600);
}
