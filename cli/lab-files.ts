import * as fs from 'node:fs';
import * as path from 'node:path';
import { stateDirectory } from '../components/places';
import { type LabOutputs, loginOf } from '../components/outputs';

/** The files through which ssh and kubectl reach a lab; the lab's secrets are in them. */
export interface LabFiles {
  directory: string;
  /** OpenSSH private key, 0600. */
  sshKey: string;
  knownHosts: string;
  /** 0600. */
  kubeconfig: string;
  /** For `ssh -F`, scp and editors: every node by name. */
  sshConfig: string;
}

/** Where a lab's files are, whether or not they are there. */
export function labFiles(stack: string): LabFiles {
  const directory = path.join(stateDirectory(), 'labs', stack);
  const file = (name: string): string => path.join(directory, name);
  return {
    directory,
    sshKey: file('ssh_key'),
    knownHosts: file('known_hosts'),
    kubeconfig: file('kubeconfig'),
    sshConfig: file('ssh_config'),
  };
}

/** Replaces a file whole; it never exists with wider permissions than `mode`. */
export function place(file: string, content: string, mode: number): void {
  const scratch = `${file}.${process.pid}`;
  fs.writeFileSync(scratch, content.endsWith('\n') ? content : `${content}\n`, { mode });
  fs.renameSync(scratch, file);
}

function sshConfig(outputs: LabOutputs, files: LabFiles): string {
  const hosts = outputs.nodes.map((node) => {
    const { host, through } = loginOf(outputs, node);
    return `Host ${node.name}\n  HostName ${host}\n${through ? `  ProxyJump ${through.name}\n` : ''}`;
  });
  const all = [
    'Host *',
    '  User ubuntu',
    `  IdentityFile "${files.sshKey}"`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile "${files.knownHosts}"`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  LogLevel ERROR',
  ];
  return `# Lab ${outputs.lab}: ssh -F "${files.sshConfig}" worker-0\n${hosts.join('')}${all.join('\n')}\n`;
}

/** Writes a lab's files from its outputs. */
export function writeLabFiles(stack: string, outputs: LabOutputs): LabFiles {
  const files = labFiles(stack);
  fs.mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  place(files.sshKey, outputs.sshPrivateKey, 0o600);
  place(files.knownHosts, outputs.knownHosts, 0o600);
  // A lab at stage none has no API to be admin of.
  if (outputs.kubeconfig) place(files.kubeconfig, outputs.kubeconfig, 0o600);
  place(files.sshConfig, sshConfig(outputs, files), 0o600);
  return files;
}

/** Removes a lab's files; fine if there are none. */
export const removeLabFiles = (stack: string): void => fs.rmSync(labFiles(stack).directory, { recursive: true, force: true });
