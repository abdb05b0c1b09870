import { parse, stringify } from 'yaml';
import type { LabOutputs } from '../../../components/outputs';
import { type JumpHost, knownHosts, sshConfig } from '../../lab/ssh-config';

/** The port of the student's own machine that leads to the API where a jump host stands before it; Docker and k3s like 6443. */
export const OWN_API_PORT = 16443;

/** A file that a student saves from the card. */
export interface KeyFile {
  name: string;
  content: string;
}

// As YAML, since a text replaced in it could hit a certificate.
function atOwnPort(kubeconfig: string): string {
  const config = parse(kubeconfig) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of config.clusters) cluster.server = `https://127.0.0.1:${OWN_API_PORT}`;
  return stringify(config, { lineWidth: 0 });
}

/** What opens a lab from a student's own machine; the files name each other as neighbours in one folder. */
export function keyFiles(outputs: LabOutputs, jump?: JumpHost): KeyFile[] {
  const names = { sshKey: 'ssh_key', knownHosts: 'known_hosts', sshConfig: 'ssh_config' };
  return [
    { name: names.sshKey, content: `${outputs.sshPrivateKey.trimEnd()}\n` },
    { name: names.knownHosts, content: knownHosts(outputs, jump) },
    { name: names.sshConfig, content: sshConfig(outputs, names, jump) },
    ...(outputs.kubeconfig
      ? [{ name: 'kubeconfig', content: jump ? atOwnPort(outputs.kubeconfig) : outputs.kubeconfig }]
      : []),
  ];
}
