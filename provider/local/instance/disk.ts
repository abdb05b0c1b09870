import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { nodeDirectory } from '../shared/names';

/**
 * Content of a new node's disk in addition to the Debian tree, as a cloud provides it at first
 * boot.
 */
export interface DiskContent {
  lab: string;
  name: string;
  privateIp: string;
  hostPublicKey: string;
  hostPrivateKey: string;
  authorizedKey: string;
}

const UBUNTU = 1000;

interface Entry {
  path: string;
  content?: string;
  mode: number;
  owner?: number;
}

function entries(disk: DiskContent): Entry[] {
  return [
    { path: 'etc', mode: 0o755 },
    { path: 'etc/hostname', content: `${disk.name}\n`, mode: 0o644 },
    {
      path: 'etc/hosts',
      content: `127.0.0.1 localhost\n${disk.privateIp} ${disk.name}\n`,
      mode: 0o644,
    },
    { path: 'etc/machine-id', content: `${randomBytes(16).toString('hex')}\n`, mode: 0o444 },
    { path: 'etc/ssh', mode: 0o755 },
    { path: 'etc/ssh/ssh_host_ed25519_key.pub', content: disk.hostPublicKey, mode: 0o644 },
    { path: 'home', mode: 0o755 },
    { path: 'home/ubuntu', mode: 0o750, owner: UBUNTU },
    { path: 'home/ubuntu/.ssh', mode: 0o700, owner: UBUNTU },
    {
      path: 'home/ubuntu/.ssh/authorized_keys',
      content: disk.authorizedKey,
      mode: 0o600,
      owner: UBUNTU,
    },
    // Written last: a disk with this file is complete.
    { path: 'etc/ssh/ssh_host_ed25519_key', content: disk.hostPrivateKey, mode: 0o600 },
  ];
}

const upperOf = (lab: string, name: string): string => path.join(nodeDirectory(lab, name), 'upper');
const keyOn = (upper: string): string => path.join(upper, 'etc/ssh/ssh_host_ed25519_key');

/** Returns true if the node's disk exists and is complete. */
export const diskExists = (lab: string, name: string): boolean =>
  fs.existsSync(keyOn(upperOf(lab, name)));

/** Returns true if the disk belongs to this generation of the node: the host keys match. */
export const diskIsOf = (disk: DiskContent): boolean =>
  diskExists(disk.lab, disk.name) &&
  fs.readFileSync(keyOn(upperOf(disk.lab, disk.name)), 'utf8').trim() ===
    disk.hostPrivateKey.trim();

/**
 * Creates the disk, or keeps the disk of an interrupted `create`. A disk with other content is
 * removed first.
 */
export function makeDisk(disk: DiskContent): void {
  const directory = nodeDirectory(disk.lab, disk.name);
  const upper = upperOf(disk.lab, disk.name);
  if (diskIsOf(disk)) return;
  fs.rmSync(directory, { recursive: true, force: true });
  for (const part of ['upper', 'work', 'root', 'containerd'])
    fs.mkdirSync(path.join(directory, part), { recursive: true, mode: 0o755 });
  for (const entry of entries(disk)) {
    const file = path.join(upper, entry.path);
    if (entry.content === undefined) fs.mkdirSync(file, { mode: entry.mode });
    else fs.writeFileSync(file, entry.content.replace(/\n?$/, '\n'), { mode: entry.mode });
    fs.chownSync(file, entry.owner ?? 0, entry.owner ?? 0);
    fs.chmodSync(file, entry.mode);
  }
}

/** Removes the node's disk. */
export const removeDisk = (lab: string, name: string): void =>
  fs.rmSync(nodeDirectory(lab, name), { recursive: true, force: true });
