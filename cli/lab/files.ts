import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically } from '../../util/atomic-write';
import { stateDirectory } from '../../util/directories';
import type { LabOutputs } from '../../components/outputs';
import { sshConfig, type SshFiles } from './ssh-config';

/**
 * Files with which ssh and kubectl reach a lab. Mode 0600: they hold the lab's secrets. Use
 * `sshConfig` for scp and editors too.
 */
export interface LabFiles extends SshFiles {
  directory: string;
  kubeconfig: string;
}

/** Returns the paths of a lab's files, which may not exist. */
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

/** Writes a file that holds a secret. Its last line ends with a line feed, as ssh requires of a key. */
export const writeSecret = (file: string, content: string): void =>
  writeAtomically(file, content.endsWith('\n') ? content : `${content}\n`, 0o600);

/** Writes a lab's files from its outputs. */
export function writeLabFiles(stack: string, outputs: LabOutputs): LabFiles {
  const files = labFiles(stack);
  fs.mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  writeSecret(files.sshKey, outputs.sshPrivateKey);
  writeSecret(files.knownHosts, outputs.knownHosts);
  // A lab at stage none has no API.
  if (outputs.kubeconfig) writeSecret(files.kubeconfig, outputs.kubeconfig);
  writeSecret(files.sshConfig, sshConfig(outputs, files));
  return files;
}

/** Lists the labs that have files in this state directory. */
export function labsWithFiles(): string[] {
  const directory = path.join(stateDirectory(), 'labs');
  return fs.existsSync(directory) ? fs.readdirSync(directory).sort() : [];
}

/** Removes a lab's files, if any. */
export const removeLabFiles = (stack: string): void =>
  fs.rmSync(labFiles(stack).directory, { recursive: true, force: true });
