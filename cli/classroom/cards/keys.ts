import { parse, stringify } from 'yaml';
import type { LabOutputs } from '../../../components/outputs';
import { type JumpHost, knownHosts, sshConfig } from '../../lab/ssh-config';
import { listOf } from '../../../util/optional';

/**
 * Port on the student's computer that leads to the API through a jump host. Docker and k3s often
 * use 6443.
 */
export const OWN_API_PORT = 16443;

/** A file that the student saves from the card. */
export interface KeyFile {
  name: string;
  content: string;
}

// Edits YAML, because a replacement in plain text could change a certificate.
function atOwnPort(kubeconfig: string): string {
  const config = parse(kubeconfig) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of config.clusters) cluster.server = `https://127.0.0.1:${OWN_API_PORT}`;
  return stringify(config, { lineWidth: 0 });
}

/**
 * Returns the files with which a student's computer opens the lab. They refer to each other as
 * neighbours in one folder.
 */
export function keyFiles(outputs: LabOutputs, jump?: JumpHost): KeyFile[] {
  const names = { sshKey: 'ssh_key', knownHosts: 'known_hosts', sshConfig: 'ssh_config' };
  return [
    { name: names.sshKey, content: `${outputs.sshPrivateKey.trimEnd()}\n` },
    { name: names.knownHosts, content: knownHosts(outputs, jump) },
    { name: names.sshConfig, content: sshConfig(outputs, names, jump) },
    ...listOf(outputs.kubeconfig).map((kubeconfig) => {
      if (!jump) return { name: 'kubeconfig', content: kubeconfig };
      return { name: 'kubeconfig', content: atOwnPort(kubeconfig) };
    }),
  ];
}
