import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { startMachine, stopMachine } from '../../provider/local/instance/node-process';
import { nodeDirectory } from '../../provider/local/shared/names';
import type { Port } from './network-plan';

/** What every node of a rehearsal is made from. */
export interface NodeParts {
  /** Debian tree that stands in for Ubuntu's image. */
  tree: string;
  /** Certificates that the nodes trust, PEM. */
  authorities: string;
  /** An empty directory: a cloud's node is given no programs. */
  store: string;
}

/** Writes the instance's disk: nothing but what Ubuntu's image has. All else comes from cloud-init. */
function makeDisk(vpc: string, id: string, { authorities }: NodeParts): void {
  const directory = nodeDirectory(vpc, id);
  fs.rmSync(directory, { recursive: true, force: true });
  for (const part of ['upper', 'work', 'root', 'containerd'])
    fs.mkdirSync(path.join(directory, part), { recursive: true, mode: 0o755 });
  const write = (name: string, content: string, mode: number): void => {
    const file = path.join(directory, 'upper', name);
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    fs.writeFileSync(file, content, { mode });
  };
  write('etc/ssl/certs/ca-certificates.crt', authorities, 0o644);
  write('etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
}

/** Boots a new instance. */
export async function bootInstance(
  vpc: string,
  id: string,
  port: Port,
  parts: NodeParts,
): Promise<void> {
  makeDisk(vpc, id, parts);
  const { privateIp, prefixLength, gateway } = port;
  const place = { lab: vpc, name: id, tree: parts.tree, store: parts.store };
  await startMachine({ ...place, privateIp, prefixLength, gateway });
}

export async function endInstance(vpc: string, id: string): Promise<void> {
  await stopMachine(vpc, id);
  fs.rmSync(nodeDirectory(vpc, id), { recursive: true, force: true });
}
