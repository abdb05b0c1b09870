import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { JumpHostInputs } from './kind';
import { labDirectory } from '../shared/names';
import { routerAddress } from '../router/router';

/** Where the jump host's sshd listens in the router; not below 1024, as it has no power to. */
export const SSHD_PORT = 2222;

/** The one user that there is. */
export const USER = 'student';

/** Behind the ids that Debian and systemd give out, before those of containers: one a lab, which bounds its processes. */
const FIRST_USER_ID = 70_000;
export const userIdOf = (slot: number): number => FIRST_USER_ID + slot;

export const place = (lab: string, file = ''): string => path.join(labDirectory(lab), 'jump', file);

/** Where the sshd listens: the router's own address toward this machine. */
export const sshdAddress = ({ publicCidr }: Pick<JumpHostInputs, 'publicCidr'>): string =>
  routerAddress(publicCidr);

const fill = (template: string, values: Record<string, string | number>): string =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`\${${name}}`, String(value)),
    fs.readFileSync(path.join(root, 'provider/local/jump-host', template), 'utf8'),
  );

export function sshdConfig(inputs: JumpHostInputs): string {
  const nodes = inputs.nodes.flatMap(({ name, privateIp }) => [`${privateIp}:*`, `${name}:*`]);
  return fill('sshd_config', {
    address: sshdAddress(inputs),
    port: SSHD_PORT,
    user: USER,
    open: [...nodes, `${inputs.api.address}:${inputs.api.port}`].join(' '),
  });
}

export function relayConfig(inputs: JumpHostInputs): string {
  // A line a CIDR: HAProxy reads no more than 64 words of one.
  const admitted = inputs.sources.map((cidr) => `    acl admitted src ${cidr}`).join('\n');
  return fill('haproxy.cfg', {
    empty: place(inputs.lab, 'empty'),
    outside: inputs.port,
    admitted,
    address: sshdAddress(inputs),
    port: SSHD_PORT,
  });
}

/** The jump host's whole /etc: its sshd's files, one user, and the lab's nodes by name. */
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

/** Writes everything that the jump host is made of, in place of what there was. */
export function writeFiles(inputs: JumpHostInputs): void {
  fs.rmSync(place(inputs.lab), { recursive: true, force: true });
  fs.mkdirSync(place(inputs.lab), { recursive: true, mode: 0o700 });
  for (const name of ['root', 'empty', 'etc', 'etc/ssh']) {
    const directory = place(inputs.lab, name);
    fs.mkdirSync(directory);
    // Whatever the caller's umask is: who reads them isn't root.
    fs.chmodSync(directory, 0o755);
  }
  const write = (name: string, content: string, mode: number, owner = 0): void => {
    const file = place(inputs.lab, name);
    fs.writeFileSync(file, content, { mode: 0o600 });
    fs.chownSync(file, owner, owner);
    fs.chmodSync(file, mode);
  };
  for (const [file, content] of Object.entries(etc(inputs))) write(`etc/${file}`, content, 0o644);
  write('etc/ssh/host_key', `${inputs.hostPrivateKey.trim()}\n`, 0o400, inputs.userId);
  write('haproxy.cfg', relayConfig(inputs), 0o600);
}
